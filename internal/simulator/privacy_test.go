package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// lets changes a privacy setting of d's user.
func (w *world) lets(d *device, key tg.InputPrivacyKeyClass, rules ...tg.InputPrivacyRuleClass) (*tg.AccountPrivacyRules, error) {
	return d.api.AccountSetPrivacy(w.Context(), &tg.AccountSetPrivacyRequest{Key: key, Rules: rules})
}

func TestWhoMayCallIsAPrivacySetting(t *testing.T) {
	w := newWorld(t)
	bob, tablet := w.login(w.bob), w.login(w.bob)
	ann, carol, dan := w.login(w.ann), w.login(w.carol), w.login(w.dan)
	calls := &tg.InputPrivacyKeyPhoneCall{}
	everybody, nobody := &tg.InputPrivacyValueAllowAll{}, &tg.InputPrivacyValueDisallowAll{}
	contacts, strangers := &tg.InputPrivacyValueAllowContacts{}, &tg.InputPrivacyValueDisallowContacts{}
	carolMay := &tg.InputPrivacyValueAllowUsers{Users: []tg.InputUserClass{bob.InputUser(w.carol)}}
	annMayNot := &tg.InputPrivacyValueDisallowUsers{Users: []tg.InputUserClass{bob.InputUser(w.ann)}}

	for _, test := range []struct {
		name  string
		rules []tg.InputPrivacyRuleClass
		may   string
	}{
		{"everybody", []tg.InputPrivacyRuleClass{everybody}, "ann carol dan"},
		{"nobody", []tg.InputPrivacyRuleClass{nobody}, ""},
		{"no rules", nil, ""},
		{"contacts", []tg.InputPrivacyRuleClass{contacts, nobody}, "ann"},
		{"all but contacts", []tg.InputPrivacyRuleClass{strangers, everybody}, "carol dan"},
		{"contacts and carol", []tg.InputPrivacyRuleClass{carolMay, contacts}, "ann carol"},
		{"all but ann", []tg.InputPrivacyRuleClass{annMayNot, everybody}, "carol dan"},
		{"contacts but ann", []tg.InputPrivacyRuleClass{annMayNot, contacts}, ""},
	} {
		_, err := w.lets(bob, calls, test.rules...)
		w.must(err)
		var may []string
		for i, d := range []*device{ann, carol, dan} {
			full, err := d.api.UsersGetFullUser(t.Context(), d.InputUser(w.bob))
			w.must(err)
			out, err := d.Ring(t.Context(), w.bob, false)
			w.equal(test.name+": told before", full.FullUser.PhoneCallsAvailable, err == nil)
			if err == nil {
				may = append(may, []string{"ann", "carol", "dan"}[i])
				w.must(out.HangUp(t.Context(), missed, 0))
			} else {
				w.refused(test.name, err, "403 USER_PRIVACY_RESTRICTED")
			}
		}
		w.equal(test.name, strings.Join(may, " "), test.may)
	}
	if heard := tablet.heard(); !strings.HasPrefix(heard, "updatePrivacy") {
		t.Errorf("the tablet heard %s", heard)
	}

	got, err := bob.api.AccountGetPrivacy(t.Context(), calls)
	w.must(err)
	w.equal("the rules", fmt.Sprint(got.Rules), fmt.Sprint([]tg.PrivacyRuleClass{
		&tg.PrivacyValueDisallowUsers{Users: []int64{w.ann}}, &tg.PrivacyValueAllowContacts{}, &tg.PrivacyValueDisallowAll{},
	}))
	w.equal("users in them", len(got.Users), 1)
}

func TestWhoSeesTheNumberIsAPrivacySetting(t *testing.T) {
	w := newWorld(t)
	bob, ann, carol := w.login(w.bob), w.login(w.ann), w.login(w.carol)
	w.equal("a contact", w.see(ann, w.bob).Phone, "15550002")
	w.equal("a stranger", w.see(carol, w.bob).Phone, "")
	_, err := w.lets(bob, &tg.InputPrivacyKeyPhoneNumber{}, &tg.InputPrivacyValueDisallowContacts{}, &tg.InputPrivacyValueAllowAll{})
	w.must(err)
	w.equal("a contact, who has the number", w.see(ann, w.bob).Phone, "15550002")
	w.equal("a stranger whom everybody is", w.see(carol, w.bob).Phone, "15550002")
}

// TestCallsGoDirectlyIfBothLetThem: both sides have a setting, and both protocols
// must be able to.
func TestCallsGoDirectlyIfBothLetThem(t *testing.T) {
	p2p := &tg.InputPrivacyKeyPhoneP2P{}
	for _, test := range []struct {
		ann, bob tg.InputPrivacyRuleClass
		want     bool
	}{
		{&tg.InputPrivacyValueAllowAll{}, &tg.InputPrivacyValueAllowAll{}, true},
		{&tg.InputPrivacyValueAllowContacts{}, &tg.InputPrivacyValueAllowContacts{}, true},
		{&tg.InputPrivacyValueDisallowAll{}, &tg.InputPrivacyValueAllowAll{}, false},
		{&tg.InputPrivacyValueAllowAll{}, &tg.InputPrivacyValueDisallowContacts{}, false},
	} {
		w := newWorld(t)
		ann, bob := w.login(w.ann), w.login(w.bob)
		_, err := w.lets(ann, p2p, test.ann)
		w.must(err)
		_, err = w.lets(bob, p2p, test.bob)
		w.must(err)
		out, in := w.ringing(ann, bob)
		w.must(in.Accept(t.Context()))
		w.must(out.Confirm(t.Context(), find[*tg.PhoneCallAccepted](w, ann)))
		w.equal(fmt.Sprint(test), find[*tg.PhoneCall](w, bob).P2PAllowed, test.want)
	}
}

func TestPrivacyIsRefused(t *testing.T) {
	w := newWorld(t)
	bob := w.login(w.bob)
	calls := &tg.InputPrivacyKeyPhoneCall{}
	_, err := w.lets(bob, &tg.InputPrivacyKeyForwards{}, &tg.InputPrivacyValueAllowAll{})
	w.refused("a key that is not known", err, "400 PRIVACY_KEY_INVALID")
	_, err = bob.api.AccountGetPrivacy(t.Context(), &tg.InputPrivacyKeyForwards{})
	w.refused("asking for it", err, "400 PRIVACY_KEY_INVALID")
	_, err = w.lets(bob, calls)
	w.must(err)
	many := make([]tg.InputPrivacyRuleClass, 1001)
	for i := range many {
		many[i] = &tg.InputPrivacyValueAllowAll{}
	}
	_, err = w.lets(bob, calls, many...)
	w.refused("too many", err, "400 PRIVACY_TOO_LONG")
	for name, rules := range map[string][]tg.InputPrivacyRuleClass{
		"all and none":             {&tg.InputPrivacyValueAllowAll{}, &tg.InputPrivacyValueDisallowAll{}},
		"contacts and no contacts": {&tg.InputPrivacyValueAllowContacts{}, &tg.InputPrivacyValueDisallowContacts{}},
		"a rule that is not known": {&tg.InputPrivacyValueAllowPremium{}},
		"nobody's name":            {&tg.InputPrivacyValueAllowUsers{Users: []tg.InputUserClass{bob.InputUser(404)}}},
	} {
		_, err = w.lets(bob, calls, rules...)
		w.refused(name, err, "400 PRIVACY_VALUE_INVALID")
	}
}

func TestSettingsOfAUserAreWhereItBegins(t *testing.T) {
	w := newWorld(t)
	eve := w.add(simulator.User{Phone: "15550005", CallsFrom: simulator.Contacts, PeerToPeer: simulator.Nobody})
	d := w.login(eve)
	for key, want := range map[tg.InputPrivacyKeyClass][]tg.PrivacyRuleClass{
		&tg.InputPrivacyKeyPhoneCall{}: {&tg.PrivacyValueAllowContacts{}, &tg.PrivacyValueDisallowAll{}},
		&tg.InputPrivacyKeyPhoneP2P{}:  {&tg.PrivacyValueDisallowAll{}},
	} {
		got, err := d.api.AccountGetPrivacy(t.Context(), key)
		w.must(err)
		w.equal(key.TypeName(), fmt.Sprint(got.Rules), fmt.Sprint(want))
	}
}
