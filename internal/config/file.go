package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"luahost/internal/nearest"
)

// file is the TOML document: its keys as they are written, and where they stand.
type file struct {
	path  string
	lines map[string]int // by key path: "telegram.server", "account.1.name", "account.1"
	token string         // of web hooks, from the environment

	fields
}

type fields struct {
	Data    string   `toml:"data"`
	Scripts string   `toml:"scripts"`
	Poll    string   `toml:"poll"`
	Allow   []string `toml:"allow"`
	Rules   struct {
		DecideWithin string `toml:"decide_within"`
	} `toml:"rules"`
	Calls struct {
		Keep    string `toml:"keep"`
		MaxSize string `toml:"max_size"`
	} `toml:"calls"`
	Telegram struct {
		APIID     int    `toml:"api_id"`
		APIHash   string `toml:"api_hash"`
		Server    string `toml:"server"`
		ServerKey string `toml:"server_key"`
		Test      bool   `toml:"test"`
	} `toml:"telegram"`
	Limits limits `toml:"limits"`
	HTTP   struct {
		Hosts   []string `toml:"hosts"`
		Timeout string   `toml:"timeout"`
		MaxSize string   `toml:"max_size"`
		Listen  string   `toml:"listen"`
		Token   string   `toml:"token"`
	} `toml:"http"`
	Script []struct {
		Name  string   `toml:"name"`
		Allow []string `toml:"allow"`
		Hosts []string `toml:"hosts"`
	} `toml:"script"`
	Account []struct {
		Name     string `toml:"name"`
		Phone    string `toml:"phone"`
		BotToken string `toml:"bot_token"`
	} `toml:"account"`
}

func parse(path string, text []byte) (*file, error) {
	f := &file{path: path, lines: lines(text)}
	if err := toml.Unmarshal([]byte(defaults()), &f.fields); err != nil {
		return nil, fmt.Errorf("the defaults: %w", err)
	}
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err := decoder.Decode(&f.fields)
	var strict *toml.StrictMissingError
	var broken *toml.DecodeError
	switch {
	case err == nil:
		return f, nil
	case errors.As(err, &strict):
		return nil, unknownKey(path, &strict.Errors[0])
	case errors.As(err, &broken):
		return nil, malformed(path, broken)
	default:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
}

func unknownKey(path string, at *toml.DecodeError) error {
	line, _ := at.Position()
	key := at.Key()
	table, name := strings.Join(key[:len(key)-1], "."), key[len(key)-1]
	here := known(table)
	hint := "known here are " + strings.Join(here, ", ")
	if near := nearest.Name(name, here); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	} else if table != "" && slices.Contains(known(""), name) {
		hint = fmt.Sprintf("%s belongs above the first table, or [%s] after the keys of this one", name, name)
	}
	return fmt.Errorf("%s:%d: unknown key %s: %s", path, line, strings.Join(key, "."), hint)
}

// malformed says what the parser said, with the place and without its drawing
// of the lines around, which takes several, or its account of our Go types.
func malformed(path string, at *toml.DecodeError) error {
	line, column := at.Position()
	what := strings.TrimPrefix(at.Error(), "toml: ")
	key := strings.Join(at.Key(), ".")
	if found, ok := strings.CutPrefix(what, "cannot decode TOML "); ok {
		found, _, _ = strings.Cut(found, " ")
		what = fmt.Sprintf("%s wants %s, not this %s", key, wanted(key), found)
		if near := nearest.Name(key, textKeys()); found == "string" && near != "" && near != key {
			what += fmt.Sprintf(": did you mean %s?", near)
		}
	}
	return fmt.Errorf("%s:%d:%d: %s", path, line, column, what)
}

// lines maps each key of the document to its line. A document that does not
// parse gives the lines of what stands before the fault; the decoder reports it.
func lines(text []byte) map[string]int {
	found := make(map[string]int)
	tables := make(map[string]int) // how many [[name]] came before
	prefix := ""
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		expression := p.Expression()
		name, line := keyOf(&p, expression)
		switch expression.Kind {
		case unstable.Table:
			prefix = name + "."
		case unstable.ArrayTable:
			name += "." + strconv.Itoa(tables[name])
			tables[strings.SplitN(name, ".", 2)[0]]++
			prefix = name + "."
		default:
			name = prefix + name
		}
		found[name] = line
	}
	return found
}

func keyOf(p *unstable.Parser, expression *unstable.Node) (name string, line int) {
	var parts []string
	for key := expression.Key(); key.Next(); {
		if line == 0 {
			line = p.Shape(key.Node().Raw).Start.Line
		}
		parts = append(parts, string(key.Node().Data))
	}
	return strings.Join(parts, "."), line
}
