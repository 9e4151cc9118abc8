package permission_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"luahost/internal/permission"
)

// layer lists the methods of the layer, each with its fields.
func layer(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../bindings/tl/layer.tl")
	if err != nil {
		t.Fatal(err)
	}
	_, functions, ok := strings.Cut(string(text), "---functions---\n")
	if !ok {
		t.Fatal("layer.tl has no methods")
	}
	methods := make(map[string]string)
	for line := range strings.Lines(functions) {
		head, fields, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name, _, ok := strings.Cut(head, "#"); ok {
			methods[name] = fields
		}
	}
	return methods
}

// Each method of the layer has been judged, and none that is not of it.
func TestEveryMethodIsJudged(t *testing.T) {
	methods := layer(t)
	if len(methods) < 800 {
		t.Fatalf("the layer has %d methods", len(methods))
	}
	listed := permission.NewCatalog().Names()
	for name := range methods {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is new: judge it in methods.txt", name)
		}
	}
	for _, name := range listed {
		parts := strings.SplitN(name, ".", 3)
		switch {
		case name == permission.LoginCodes:
		case len(parts) < 2:
			t.Errorf("%s is no method", name)
		default:
			fields, ok := methods[parts[0]+"."+parts[1]]
			if !ok {
				t.Errorf("%s is not of the layer", name)
			}
			if len(parts) == 3 && !strings.HasPrefix(parts[2], "input") && !strings.Contains(fields, " "+parts[2]+":") {
				t.Errorf("%s: there is no such field", name)
			}
		}
	}
}

// A field that spends money is judged wherever a method that has it is allowed.
func TestFieldsThatSpend(t *testing.T) {
	standard := permission.Standard().Of("any.lua")
	for name, fields := range layer(t) {
		if !standard.Allows(name) {
			continue
		}
		for _, field := range []string{"allow_paid_stars", "suggested_post", "add_phone_privacy_exception"} {
			if name != "messages.saveDraft" && strings.Contains(fields, field+":") && !slices.Contains(permission.NewCatalog().Names(), name+"."+field) {
				t.Errorf("%s.%s is not in methods.txt", name, field)
			}
		}
		if strings.Contains(fields, "stars") && !strings.Contains(fields, "allow_paid_stars") || strings.Contains(fields, "password") {
			t.Errorf("%s is allowed and takes %s", name, fields)
		}
	}
}

// What a stranger's script must not do. The patterns are wider than the list that
// they test, so that a method of a newer layer does not slip in.
func TestDefaultDenies(t *testing.T) {
	denied := map[string]*regexp.Regexp{
		"the account":         regexp.MustCompile(`^(account|auth|bots|smsjobs|test)\.|^photos\.(up|de)|^help\.(edit|set|accept)|^updates\.`),
		"money":               regexp.MustCompile(`^(payments|premium|fragment)\.|[Pp]aidReaction|searchPostsFlood|^channels\.(searchPosts|updatePaid)|GroupCallMessage|Precheckout|Shipping`),
		"deleting":            regexp.MustCompile(`\.(delete|clear|reset)|\.edit.*Message|HistoryTTL$|^messages\.unpinAll|^contacts\.setBlocked`),
		"people in groups":    regexp.MustCompile(`[Ii]nvite[A-Z]?(?:$|To|Conference)|importChatInvite|exportChatInvite|\.(add|delete|edit)Chat|editAdmin|editBanned|editCreator|ChatCreator$|join(Channel|Chatlist)|leaveC|JoinRequest|create(Chat|Channel|ForumTopic)|migrateChat|^communities\.|^chatlists\.`),
		"logging in by pages": regexp.MustCompile(`WebView|UrlAuth|EmojiURL|LoginToken|[Ee]xport(Authorization|BotToken|ContactToken)|importContactToken|StreamRtmpUrl|AdsAccountUrl|WithdrawalUrl`),
		"secret chats":        regexp.MustCompile(`Encrypt(ed|ion)`),
		"bots that act":       regexp.MustCompile(`^messages\.(startBot|getBotCallbackAnswer|getInlineBotResults|sendInlineBotResult|sendBotRequestedPeer|setBot|setInline)`),
		"address books":       regexp.MustCompile(`^contacts\.(import|getSaved|getLocated|toggle|edit|exportContact|acceptContact)`),
		"exports":             regexp.MustCompile(`[Tt]akeout|getSplitRanges|getLeftChannels|HistoryImport`),
		"a group's call":      regexp.MustCompile(`^phone\.(create|toggle|edit|invite|export|start|delete|discardGroup|send.*(Group|Conf))`),
	}
	reading := regexp.MustCompile(`^(messages\.(getDefaultHistoryTTL|checkChatInvite|sendVote)|help\.getInviteText|phone\.declineConferenceCallInvite)$`)
	standard := permission.Standard().Of("any.lua")
	for name := range layer(t) {
		for what, pattern := range denied {
			if pattern.MatchString(name) && standard.Allows(name) && !reading.MatchString(name) {
				t.Errorf("%s is allowed: %s", name, what)
			}
		}
	}
	if standard.Allows("messages.newInTheNextLayer") || standard.Allows(permission.LoginCodes) || standard.Allows("") {
		t.Error("what nobody knows is allowed")
	}
}

// What the host does and the manual shows goes by default, and reading as a whole.
func TestDefaultAllows(t *testing.T) {
	standard := permission.Standard().Of("any.lua")
	for _, name := range []string{
		"phone.requestCall", "phone.acceptCall", "phone.confirmCall", "phone.discardCall", "phone.receivedCall", "phone.setCallRating",
		"messages.sendMessage", "messages.sendMedia", "messages.forwardMessages", "messages.getHistory", "messages.search",
		"messages.readHistory", "messages.setTyping", "messages.getDhConfig", "messages.sendReaction", "messages.getDialogs",
		"contacts.block", "contacts.unblock", "contacts.addContact", "contacts.getContacts", "contacts.resolvePhone", "contacts.resolveUsername",
		"users.getUsers", "users.getFullUser", "channels.getMessages", "upload.saveFilePart", "upload.getFile", "help.getConfig", "help.getNearestDc",
	} {
		if !standard.Allows(name) {
			t.Errorf("%s is denied", name)
		}
	}
}

func TestSets(t *testing.T) {
	for _, c := range []struct {
		patterns string
		yes, no  string
	}{
		{"", "", "phone.discardCall help.getConfig"},
		{"phone.*", "phone.discardCall phone.createGroupCall", "messages.sendMessage phone"},
		{"messages.get*", "messages.getHistory messages.getEmojiURL", "messages.sendMessage"},
		{"default account.updateStatus", "account.updateStatus phone.discardCall", "account.deleteAccount"},
		{"default -messages.sendMessage", "messages.sendMedia", "messages.sendMessage"},
		{"default -messages.* messages.getHistory", "messages.getHistory phone.discardCall", "messages.sendMessage messages.search"},
		{"* -account.* -auth.*", "payments.getSavedInfo login-codes messages.sendMessage.allow_paid_stars", "account.updateStatus auth.logOut"},
		{"* -default", "account.deleteAccount", "phone.discardCall"},
		{"messages.sendMessage", "messages.sendMessage", "messages.sendMessage.allow_paid_stars"},
	} {
		set, err := permission.NewCatalog().Set(strings.Fields(c.patterns))
		if err != nil {
			t.Errorf("%s: %v", c.patterns, err)
			continue
		}
		for _, name := range strings.Fields(c.yes) {
			if !set.Allows(name) {
				t.Errorf("%s does not allow %s", c.patterns, name)
			}
		}
		for _, name := range strings.Fields(c.no) {
			if set.Allows(name) {
				t.Errorf("%s allows %s", c.patterns, name)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	for pattern, want := range map[string]string{
		"mesages.sendMessage":   `has "mesages.sendMessage": Telegram has no such method, did you mean "messages.sendMessage"?`,
		"message.*":             `has "message.*": Telegram has no such method, did you mean "messages.*"?`,
		"messages":              `has "messages": for all methods of messages write "messages.*"`,
		"messages*":             `has "messages*": for all methods of messages write "messages.*"`,
		"messages.fly*":         `has "messages.fly*": Telegram has no such method, did you mean "messages.*"?`,
		"defualt":               `has "defualt": Telegram has no such method, did you mean "default"?`,
		"":                      `has "": Telegram has no such method: write one as in "messages.sendMessage", "phone.*", or "default"`,
		"rm -rf":                `has "rm -rf": Telegram has no such method: write one as in "messages.sendMessage", "phone.*", or "default"`,
		"-messages.sendMessage": `begins with "-messages.sendMessage", which takes away from nothing: put "default" before it`,
	} {
		if _, err := permission.NewCatalog().Set([]string{pattern}); err == nil || err.Error() != want {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	if _, err := permission.New(permission.Options{Scripts: map[string][]string{"a.lua": {"x"}}}); err == nil || !strings.HasPrefix(err.Error(), "allow of a.lua has ") {
		t.Errorf("a script's list: %v", err)
	}
	if _, err := permission.New(permission.Options{Allow: []string{"x"}}); err == nil || !strings.HasPrefix(err.Error(), "allow has ") {
		t.Errorf("the list for all: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	p, err := permission.New(permission.Options{
		Allow:   []string{"default", "-messages.sendMessage"},
		Scripts: map[string][]string{"own.lua": {"phone.*"}, "none.lua": {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ script, name, want string }{
		{"night.lua", "phone.discardCall", ""},
		{"own.lua", "phone.discardCall", ""},
		{"night.lua", "messages.sendMessage", `night.lua may not call messages.sendMessage; to allow it, write into luahost.toml, a line each: [[script]], name = "night.lua", allow = ["default", "-messages.sendMessage", "messages.sendMessage"], and start luahost again`},
		{"own.lua", "messages.sendMessage", `own.lua may not call messages.sendMessage; to allow it, add "messages.sendMessage" to allow of the [[script]] "own.lua" in luahost.toml, and start luahost again`},
		{"none.lua", "users.getUsers", `none.lua may not call users.getUsers; to allow it, add "users.getUsers" to allow of the [[script]] "none.lua" in luahost.toml, and start luahost again`},
		{"night.lua", "messages.sendMedia.allow_paid_stars", `night.lua may not call messages.sendMedia with allow_paid_stars; to allow it, write into luahost.toml, a line each: [[script]], name = "night.lua", allow = ["default", "-messages.sendMessage", "messages.sendMedia.allow_paid_stars"], and start luahost again`},
		{"night.lua", permission.LoginCodes, `night.lua may not read the messages of Telegram's own account, which bring login codes; to allow it, write into luahost.toml, a line each: [[script]], name = "night.lua", allow = ["default", "-messages.sendMessage", "login-codes"], and start luahost again`},
	} {
		got := ""
		if err := p.Check(c.script, c.name); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s, %s:\n%s\nwant\n%s", c.script, c.name, got, c.want)
		}
	}
}

// Of a long list the middle is left out, where all of it would have to be repeated.
func TestRefusalOfALongList(t *testing.T) {
	for _, c := range []struct {
		allow []string
		want  string
	}{
		{[]string{"phone.*", "users.*", "help.*", "upload.*"}, `allow = ["phone.*", "users.*", "help.*", "upload.*", "auth.logOut"]`},
		{[]string{"phone.*", "users.*", "help.*", "upload.*", "photos.*"}, `allow = ["phone.*", "users.*", "help.*", …, "auth.logOut"]`},
	} {
		p, err := permission.New(permission.Options{Allow: c.allow})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Check("a.lua", "auth.logOut").Error(); !strings.HasSuffix(got, c.want+", and start luahost again") {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	p, err := permission.New(permission.Options{Scripts: map[string][]string{"night.lua": {"default"}}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := p.Check("night.lua", "phone.discardCall"); err != nil {
			b.Fatal(err)
		}
	}
}
