package config

import (
	"strconv"
	"strings"

	"luahost/internal/permission"
)

// checkAllow reads what all scripts, and single ones, may call.
func (f *file) checkAllow() (*permission.Policy, error) {
	catalog := permission.NewCatalog()
	opts := permission.Options{File: f.path, Allow: f.Allow, Scripts: make(map[string][]string)}
	if _, err := catalog.Set(f.Allow); err != nil {
		return nil, f.wrong("allow", "%w", err)
	}
	stands := make(map[string]bool)
	for i, s := range f.Script {
		table := "script." + strconv.Itoa(i)
		if err := f.checkScriptName(table+".name", s.Name, stands); err != nil {
			return nil, err
		}
		stands[s.Name] = true
		if s.Allow == nil {
			continue
		}
		if _, err := catalog.Set(s.Allow); err != nil {
			return nil, f.wrong(table+".allow", "%w", err)
		}
		opts.Scripts[s.Name] = s.Allow
	}
	return permission.New(opts)
}

// checkScriptName wants the name of a file that can be a script.
func (f *file) checkScriptName(key, name string, stands map[string]bool) error {
	switch {
	case name == "":
		return f.wrong(key, "is missing: name the file of the script, as in night.lua")
	case strings.ContainsAny(name, `/\`):
		return f.wrong(key, "is %q: a script lies directly in the scripts folder, so write its name alone, as in night.lua", name)
	case strings.HasSuffix(name, "_test.lua"), strings.HasPrefix(name, "."):
		return f.wrong(key, "is %q, which is no script: tests and hidden files are not loaded", name)
	case !strings.HasSuffix(name, ".lua") || strings.TrimSpace(name) != name || name == ".lua":
		return f.wrong(key, "is %q: write the name of the script's file, as in night.lua", name)
	case stands[name]:
		return f.wrong(key, "is %q, which stands above already: put both into one [[script]]", name)
	}
	return nil
}

// configured lists the scripts that something is said of.
func (f *file) configured() (names []string) {
	for _, s := range f.Script {
		names = append(names, s.Name)
	}
	return names
}
