// Package config reads the one TOML file that configures luahost. Commands call
// Load once, at the start. It checks everything that can be checked without a
// network and answers each mistake with one line that says where it is, what is
// wrong and what to do. It opens no connection, creates nothing, and knows of
// Telegram only how its names and numbers are written.
package config

import (
	"crypto/rsa"
)

// Config is the file, checked, with its defaults filled in and its paths made
// relative to its own folder.
type Config struct {
	Data     string // folder of sessions and database; default "data"
	Scripts  string // folder of Lua scripts; default "scripts"
	Telegram Telegram
	Accounts []Account // at least one, in the file's order
}

// Telegram says as which application to connect, and where.
type Telegram struct {
	APIID     int
	APIHash   string
	Server    string         // host:port of another server than Telegram's own; "" is Telegram
	ServerKey *rsa.PublicKey // that server's key; nil exactly if Server is ""
	Test      bool           // Telegram's test servers
}

// Account is a user, with a phone, or a bot, with a token.
type Account struct {
	Name     string // names the session file
	Phone    string // + and digits only; "" for a bot
	BotToken string // "" for a user
}

// Env looks an environment variable up, as os.LookupEnv does.
type Env func(name string) (value string, ok bool)

// Load reads and checks the file. Values that the file does not hold may come
// from env: LUAHOST_API_HASH.
func Load(path string, env Env) (*Config, error) {
	return nil, nil
}
