// Package config reads the one TOML file that configures luahost. A command
// calls Load once, at its start. Load checks everything that can be checked
// without a network, and answers a mistake with one line that says where it is,
// what is wrong and what to do. The package creates nothing, connects to
// nothing and keeps no state.
package config

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"luahost/internal/permission"
)

// Config is a checked file, its paths made relative to its own folder.
type Config struct {
	Data    string        // folder of sessions and database; "data" by default
	Scripts string        // folder of Lua scripts; "scripts" by default
	Poll    time.Duration // how often it is looked at without a reported change; 10 s by default, 0: never
	Rules   Rules
	Calls   Calls
	Limits  Limits
	HTTP    HTTP
	Allow   *permission.Policy // what scripts may call
	// Configured are the scripts that the file has a [[script]] for.
	Configured []string
	Telegram   Telegram
	Accounts   []Account // at least one, in the file's order
}

// Rules says how rules are asked.
type Rules struct {
	DecideWithin time.Duration // how long a rule holds up the next one; 2 s by default
}

// Calls says how long the log of calls and their traces are kept.
type Calls struct {
	Keep    time.Duration // 90 days by default; 0: for ever
	MaxSize int64         // bytes; 500 MB by default; 0: no limit
}

// Telegram says which servers to use, and as which application.
type Telegram struct {
	APIID     int
	APIHash   string
	Server    string         // host:port of another server than Telegram's own, or ""
	ServerKey *rsa.PublicKey // of Server; nil exactly if Server is ""
	Test      bool           // Telegram's test servers
}

// Account is a user, who has a phone, or a bot, which has a token.
type Account struct {
	Name     string // names the session file, so it is safe as a part of one
	Phone    string // + and digits, or "" for a bot
	BotToken string // or "" for a user
}

// apiHashVariable holds the api_hash for those who keep secrets out of files.
// It wins over the file, as the environment does everywhere.
const apiHashVariable = "LUAHOST_API_HASH"

// tokenVariable is the same for the token of web hooks.
const tokenVariable = "LUAHOST_HTTP_TOKEN"

// Load reads and checks the file at path. env is asked for LUAHOST_API_HASH and
// LUAHOST_HTTP_TOKEN; os.LookupEnv is one.
func Load(path string, env func(name string) (value string, ok bool)) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	f, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	if hash, ok := env(apiHashVariable); ok && hash != "" {
		f.Telegram.APIHash = hash
	}
	if token, ok := env(tokenVariable); ok && token != "" {
		f.token = token
	}
	return f.check()
}

func unreadable(path string, err error) error {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file: write one as the README shows, or name another with --config", path)
	case errors.As(err, &pathErr): // its text would name the path a second time
		return fmt.Errorf("%s: %w", path, pathErr.Err)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}

// resolve makes a path of the file relative to the file's own folder.
func (f *file) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), path)
}
