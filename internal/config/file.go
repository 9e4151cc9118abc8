package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
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

	fields
}

type fields struct {
	Data    string `toml:"data"`
	Scripts string `toml:"scripts"`
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
	Account []struct {
		Name     string `toml:"name"`
		Phone    string `toml:"phone"`
		BotToken string `toml:"bot_token"`
	} `toml:"account"`
}

// known are the keys of each table, for the help that an unknown one gets.
var known = map[string][]string{
	"":         {"data", "scripts", "rules", "calls", "telegram", "account"},
	"rules":    {"decide_within"},
	"calls":    {"keep", "max_size"},
	"telegram": {"api_id", "api_hash", "server", "server_key", "test"},
	"account":  {"name", "phone", "bot_token"},
}

// wanted says what a key holds; one that is not listed holds text.
var wanted = map[string]string{
	"rules":           "a table, [rules]",
	"calls":           "a table, [calls]",
	"telegram":        "a table, [telegram]",
	"telegram.api_id": "a whole number",
	"telegram.test":   "true or false",
	"account":         "a table, [[account]]",
}

func parse(path string, text []byte) (*file, error) {
	f := &file{path: path, lines: lines(text)}
	f.Data, f.Scripts = "data", "scripts"
	f.Rules.DecideWithin, f.Calls.Keep, f.Calls.MaxSize = "2s", "90d", "500MB"
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
	hint := "known here are " + strings.Join(known[table], ", ")
	if near := nearest.Name(name, known[table]); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
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
		what = fmt.Sprintf("%s wants %s, not this %s", key, cmp.Or(wanted[key], "text in quotes"), found)
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
