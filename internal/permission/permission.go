// Package permission says which of Telegram's methods a script may call. The
// host makes one Policy of the configuration and asks it before each request, on
// the goroutine of the handler; a Policy does not change and may be asked from
// any. internal/config has it check what a person has written. It knows names
// alone: neither Lua nor Telegram, and it sends and logs nothing.
//
// Where the configuration says nothing, a script that nobody has read may be at
// work. So the default, which is in methods.txt, allows what rules about calls
// are made of: calls, writing and forwarding messages, contacts one at a time,
// and reading. It denies
//
//   - the account: password, privacy, name, sessions, logging in and out;
//   - money: payments, stars, gifts, also the fields of messages that spend stars;
//   - what cannot be undone: deleting or changing what was written, a time after
//     which messages delete themselves, deleting contacts;
//   - other people's groups and channels: joining, inviting, removing, owning;
//   - what logs somebody in elsewhere: tokens, pages with the account's name on
//     them (web views, getEmojiURL), secret chats, bots that act;
//   - the messages with which Telegram sends login codes, which are not shown.
//
// A method that the list does not know is denied.
package permission

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"luahost/internal/nearest"
)

// The words of a list that are no names.
const (
	Default    = "default" // what methods.txt allows
	Everything = "*"
	takeAway   = "-" // before a pattern
)

// LoginCodes is the permission to see the messages of Telegram's own account,
// which brings the codes that log other devices in.
const LoginCodes = "login-codes"

//go:embed methods.txt
var methodsText string

// Set is what a script may call.
type Set struct {
	patterns []string // as they were written
	allowed  map[string]bool
}

// Allows says whether a name is in the set: of a method, of a field that needs a
// permission of its own (messages.sendMessage.allow_paid_stars), or LoginCodes.
func (s *Set) Allows(name string) bool { return s.allowed[name] }

// Patterns are what the set was made of.
func (s *Set) Patterns() []string { return s.patterns }

// Catalog is the list of methods, and what the default says of each.
type Catalog struct {
	names   []string // in the order of methods.txt, which is that of the alphabet
	allowed map[string]bool
}

// NewCatalog reads methods.txt. It panics when that is broken, which the tests
// exclude.
func NewCatalog() *Catalog {
	c := &Catalog{allowed: make(map[string]bool, 900)}
	for line := range strings.Lines(methodsText) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		mark, name, ok := strings.Cut(line, " ")
		if _, twice := c.allowed[name]; !ok || twice || mark != "+" && mark != "-" {
			panic(fmt.Sprintf("permission: methods.txt has the line %q", line))
		}
		c.names = append(c.names, name)
		c.allowed[name] = mark == "+"
	}
	return c
}

// Names lists what permissions can be given for.
func (c *Catalog) Names() []string { return c.names }

// Set reads a list of the configuration, from left to right: a name, "phone.*",
// "messages.get*", "default" or "*" adds to what is allowed, and with a minus
// before it takes away. The error is what a key of the configuration "has".
func (c *Catalog) Set(patterns []string) (*Set, error) {
	s := &Set{patterns: slices.Clone(patterns), allowed: make(map[string]bool)}
	for i, pattern := range patterns {
		bare, take := strings.CutPrefix(pattern, takeAway)
		if take && i == 0 {
			return nil, fmt.Errorf(`begins with %q, which takes away from nothing: put "default" before it`, pattern)
		}
		names := c.matching(bare)
		if len(names) == 0 {
			return nil, fmt.Errorf("has %q: %s", pattern, c.hint(bare))
		}
		for _, name := range names {
			if take {
				delete(s.allowed, name)
			} else {
				s.allowed[name] = true
			}
		}
	}
	return s, nil
}

// matching lists the names that a pattern means.
func (c *Catalog) matching(pattern string) []string {
	prefix, wild := strings.CutSuffix(pattern, "*")
	var names []string
	for _, name := range c.names {
		switch {
		case pattern == Default && c.allowed[name], pattern == name,
			wild && prefix == "", wild && strings.Contains(prefix, ".") && strings.HasPrefix(name, prefix):
			names = append(names, name)
		}
	}
	return names
}

// hint says what somebody may have meant who wrote a pattern that means nothing.
func (c *Catalog) hint(pattern string) string {
	prefix, wild := strings.CutSuffix(pattern, "*")
	known := append([]string{Default}, c.names...)
	switch spaces := c.namespaces(); {
	case slices.Contains(spaces, pattern), wild && slices.Contains(spaces, prefix):
		return fmt.Sprintf("for all methods of %s write %q", strings.TrimSuffix(pattern, "*"), strings.TrimSuffix(pattern, "*")+".*")
	case wild:
		known = known[:0]
		for _, space := range spaces {
			known = append(known, space+".*")
		}
	}
	if near := nearest.Name(pattern, known); near != "" {
		return fmt.Sprintf("Telegram has no such method, did you mean %q?", near)
	}
	return `Telegram has no such method: write one as in "messages.sendMessage", "phone.*", or "default"`
}

func (c *Catalog) namespaces() []string {
	var spaces []string
	for _, name := range c.names {
		if space, _, ok := strings.Cut(name, "."); ok {
			spaces = append(spaces, space)
		}
	}
	return slices.Compact(spaces)
}
