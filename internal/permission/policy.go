package permission

import (
	"fmt"
	"strconv"
	"strings"
)

// Options are the permissions of a configuration.
type Options struct {
	File    string              // of the configuration, for what a refusal advises; "" is luahost.toml
	Allow   []string            // for all scripts; nil: the default
	Scripts map[string][]string // by the name of a script, instead of Allow
}

// Policy is what every script may call.
type Policy struct {
	file   string
	common *Set
	own    map[string]*Set
}

// New makes a policy. Its error names the script whose list is wrong.
func New(opts Options) (*Policy, error) {
	catalog := NewCatalog()
	p := &Policy{file: opts.File, own: make(map[string]*Set, len(opts.Scripts))}
	if p.file == "" {
		p.file = "luahost.toml"
	}
	if opts.Allow == nil {
		opts.Allow = []string{Default}
	}
	var err error
	if p.common, err = catalog.Set(opts.Allow); err != nil {
		return nil, fmt.Errorf("allow %w", err)
	}
	for script, patterns := range opts.Scripts {
		if p.own[script], err = catalog.Set(patterns); err != nil {
			return nil, fmt.Errorf("allow of %s %w", script, err)
		}
	}
	return p, nil
}

// Standard is the policy of a configuration that says nothing.
func Standard() *Policy {
	p, err := New(Options{})
	if err != nil {
		panic(err) // the list of methods is broken, which the tests exclude
	}
	return p
}

// Of is what a script may call.
func (p *Policy) Of(script string) *Set {
	if own := p.own[script]; own != nil {
		return own
	}
	return p.common
}

// Check gives nil when a script may call the method, else a *Refusal.
func (p *Policy) Check(script, name string) error {
	set := p.Of(script)
	if set.Allows(name) {
		return nil
	}
	return &Refusal{Script: script, Name: name, file: p.file, patterns: set.patterns, own: set != p.common}
}

// Refusal is what a script was not allowed.
type Refusal struct {
	Script string
	Name   string // of what: account.deleteAccount

	file     string
	patterns []string // that the script is held to
	own      bool     // they are its own
}

// Error implements error. It says what to write for the script to be allowed.
func (r *Refusal) Error() string {
	advice := fmt.Sprintf("add %q to allow of the [[script]] %q in %s", r.Name, r.Script, r.file)
	if !r.own {
		advice = fmt.Sprintf("write into %s, a line each: [[script]], name = %q, allow = [%s]", r.file, r.Script, strings.Join(r.list(), ", "))
	}
	return fmt.Sprintf("%s may not %s; to allow it, %s, and start luahost again", r.Script, r.act(), advice)
}

func (r *Refusal) act() string {
	if r.Name == LoginCodes {
		return "read the messages of Telegram's own account, which bring login codes"
	}
	if parts := strings.SplitN(r.Name, ".", 3); len(parts) == 3 {
		return "call " + parts[0] + "." + parts[1] + " with " + parts[2]
	}
	return "call " + r.Name
}

// list is what the script's list is, with what it lacks. Of a long one the middle
// is left out.
func (r *Refusal) list() []string {
	const most = 4
	var quoted []string
	for i, pattern := range r.patterns {
		if len(r.patterns) > most && i == most-1 {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, strconv.Quote(pattern))
	}
	return append(quoted, strconv.Quote(r.Name))
}
