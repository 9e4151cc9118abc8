package rule

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/calls"
	"luahost/bindings/manual"
	"luahost/internal/clock"
	"luahost/internal/nearest"
)

// Kinds of callers.
const (
	contact  = "contact"
	blocked  = "blocked"
	stranger = "stranger"
	anyone   = "anyone"
)

var kinds = []string{contact, blocked, stranger, anyone}

// person is one entry of from: a kind, or one of the rest.
type person struct {
	kind  string
	id    int64
	name  string // in lower case, without @
	phone string // digits
}

func fromType() manual.Type {
	one := manual.Type{Words: manual.Choice(kinds) + `, an id, "@name" or "+phone"`}
	one.Read = func(v lua.LValue) (any, error) {
		p, ok := readPerson(v)
		if ok {
			return p, nil
		}
		hint := ""
		if s, isText := v.(lua.LString); isText {
			_, isName := readPerson("@" + s)
			hint = cmp.Or(nearest.Hint(string(s), kinds), manual.HintPerson(s, isName))
		}
		return nil, manual.Faultf("expected %s, got %s%s", one.Words, manual.ShownPerson(v), hint)
	}
	return manual.ListOf(one.Words+", or a list of these", one, true)
}

func readPerson(v lua.LValue) (person, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		id := int64(v)
		return person{id: id}, lua.LNumber(id) == v && id > 0 && id < 1<<53
	case lua.LString:
		text := string(v)
		for _, kind := range kinds {
			if text == kind {
				return person{kind: kind}, true
			}
		}
		if name, ok := strings.CutPrefix(text, "@"); ok {
			return person{name: strings.ToLower(name)}, name != "" && len(name) <= 64 && !strings.ContainsAny(name, "@ +")
		}
		if phone, ok := strings.CutPrefix(text, "+"); ok {
			digits, ok := manual.Digits(phone)
			return person{phone: digits}, ok
		}
	}
	return person{}, false
}

// String is the entry as the trace has it, a phone number not in full.
func (p person) String() string {
	switch {
	case p.kind == contact, p.kind == stranger:
		return "a " + p.kind
	case p.kind == blocked:
		return "somebody blocked"
	case p.kind != "":
		return p.kind
	case p.id != 0:
		return strconv.FormatInt(p.id, 10)
	case p.name != "":
		return "@" + p.name
	default:
		return "+…" + p.phone[len(p.phone)-2:]
	}
}

// callers are the entries of one from.
type callers struct {
	kinds  map[string]bool
	ids    map[int64]bool
	names  map[string]bool
	phones map[string]bool
	text   string
}

func compileFrom(value any, s *scope) test {
	s.from = true
	c := &callers{kinds: map[string]bool{}, ids: map[int64]bool{}, names: map[string]bool{}, phones: map[string]bool{}}
	var words []string
	for _, item := range value.([]any) {
		p := item.(person)
		switch {
		case p.kind != "":
			c.kinds[p.kind] = true
		case p.id != 0:
			c.ids[p.id] = true
		case p.name != "":
			c.names[p.name] = true
		default:
			c.phones[p.phone] = true
		}
		if len(words) < 5 {
			words = append(words, p.String())
		}
	}
	c.text = strings.Join(words, " or ")
	if more := len(value.([]any)) - len(words); more > 0 {
		c.text += fmt.Sprintf(" or %d more", more)
	}
	return c.test
}

// test asks for the block list only where nothing else has answered.
func (c *callers) test(f *facts) verdict {
	u := f.call.From()
	if c.kinds[anyone] || u.Contact && c.kinds[contact] || c.lists(f) {
		return held
	}
	saw := "is a contact"
	if !u.Contact {
		saw = "is no contact"
	}
	if c.kinds[blocked] || c.kinds[stranger] && !u.Contact {
		is, err := f.blocked()
		switch {
		case err != nil:
			return verdict{err: fmt.Errorf("ask whether the caller is blocked: %w", err)}
		case is && c.kinds[blocked], !is && !u.Contact && c.kinds[stranger]:
			return held
		case is:
			saw = "is blocked"
		case !u.Contact:
			saw = "is a stranger"
		}
	}
	if len(c.kinds) == 0 {
		saw = "is " + calls.Name(u)
	}
	return no(saw + ", wanted " + c.text)
}

// lists says whether the caller is named.
func (c *callers) lists(f *facts) bool {
	u := f.call.From()
	if c.ids[u.ID] || len(c.phones) > 0 && c.phones[strings.TrimPrefix(u.Phone, "+")] {
		return true
	}
	if len(c.names) == 0 {
		return false
	}
	if c.names[strings.ToLower(u.Username)] {
		return true
	}
	for _, name := range u.Usernames {
		if name.Active && c.names[strings.ToLower(name.Username)] {
			return true
		}
	}
	return false
}

var repeatedParams = manual.Params{
	{Name: "times", Type: manual.Whole(2, 1000), Doc: "how many calls at least, this one included"},
	{Name: "within", Type: manual.Duration(), Doc: "in how long, up to this call"},
}

func compileRepeated(value any, s *scope) test {
	values := value.(manual.Values)
	times, within := manual.Get[int](values, "times"), manual.Get[time.Duration](values, "within")
	s.rule.rings = max(s.rule.rings, within)
	text := " within " + short(within) + ", wanted " + strconv.Itoa(times)
	return func(f *facts) verdict {
		n, err := f.rings(within)
		switch {
		case err != nil:
			return verdict{err: fmt.Errorf("count the caller's calls: %w", err)}
		case n >= times:
			return held
		case n == 1:
			return no("1 call" + text)
		default:
			return no(strconv.Itoa(n) + " calls" + text)
		}
	}
}

// short is a duration as people write it: 7d, and 15m instead of 15m0s.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return clock.Brief(d)
}
