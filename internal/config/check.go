package config

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"luahost/internal/clock"
)

var (
	accountName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	phone       = regexp.MustCompile(`^\+[0-9]{5,15}$`)
	botToken    = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)
)

func (f *file) check() (*Config, error) {
	for _, folder := range []struct{ key, value string }{{"data", f.Data}, {"scripts", f.Scripts}} {
		if folder.value == "" {
			return nil, f.wrong(folder.key, "is empty: name a folder, or leave the line out for %q", folder.key)
		}
	}
	poll, err := clock.ParseDuration(f.Poll)
	if err != nil || poll > 0 && poll < time.Second {
		return nil, f.wrong("poll", `is %q: write how often the scripts are looked at, as in "10s", at least "1s", or "0" for never`, f.Poll)
	}
	rules, calls, err := f.checkCalls()
	if err != nil {
		return nil, err
	}
	limits, err := f.checkLimits()
	if err != nil {
		return nil, err
	}
	http, err := f.checkHTTP()
	if err != nil {
		return nil, err
	}
	permissions, err := f.checkAllow()
	if err != nil {
		return nil, err
	}
	telegram, err := f.checkTelegram()
	if err != nil {
		return nil, err
	}
	accounts, err := f.checkAccounts()
	if err != nil {
		return nil, err
	}
	return &Config{
		Data:     f.resolve(f.Data),
		Scripts:  f.resolve(f.Scripts),
		Poll:     poll,
		Rules:    rules,
		Calls:    calls,
		Limits:   limits,
		HTTP:     http,
		Allow:    permissions,
		Telegram: telegram,
		Accounts: accounts,

		Configured: f.configured(),
	}, nil
}

func (f *file) checkCalls() (Rules, Calls, error) {
	within, err := clock.ParseDuration(f.Rules.DecideWithin)
	if err != nil || within == 0 {
		return Rules{}, Calls{}, f.wrong("rules.decide_within", `is %q: write how long a rule may hold up the next one, as in "2s"`, f.Rules.DecideWithin)
	}
	keep, err := clock.ParseDuration(f.Calls.Keep)
	if err != nil {
		return Rules{}, Calls{}, f.wrong("calls.keep", `is %q: write how long calls are kept, as in "90d", or "0" for ever`, f.Calls.Keep)
	}
	size, err := parseSize(f.Calls.MaxSize)
	if err != nil {
		return Rules{}, Calls{}, f.wrong("calls.max_size", `is %q: write how large the log may grow, as in "500MB" or "2GB", or "0" for no limit`, f.Calls.MaxSize)
	}
	return Rules{DecideWithin: within}, Calls{Keep: keep, MaxSize: size}, nil
}

func (f *file) checkTelegram() (Telegram, error) {
	t := f.Telegram
	switch {
	case t.APIID == 0:
		return Telegram{}, f.wrong("telegram.api_id", "is missing: every application needs its own, get it at https://my.telegram.org under API development tools")
	case t.APIID < 0:
		return Telegram{}, f.wrong("telegram.api_id", "is negative: copy it from https://my.telegram.org")
	case strings.TrimSpace(t.APIHash) == "":
		return Telegram{}, f.wrong("telegram.api_hash", "is missing: copy it from https://my.telegram.org, beside the api_id, or set %s", apiHashVariable)
	case t.Test && t.Server != "":
		return Telegram{}, f.wrong("telegram.test", "and server exclude each other: test means Telegram's own test servers")
	}
	checked := Telegram{APIID: t.APIID, APIHash: strings.TrimSpace(t.APIHash), Server: t.Server, Test: t.Test}
	var err error
	checked.ServerKey, err = f.checkServer()
	return checked, err
}

func (f *file) checkAccounts() ([]Account, error) {
	if len(f.Account) == 0 {
		return nil, fmt.Errorf("%s: there is no [[account]]: add one with a name and a phone, or a bot_token", f.path)
	}
	names := make(map[string]string)  // lower case to as written: file systems differ in what they tell apart
	owners := make(map[string]string) // of phones and tokens
	var accounts []Account
	for i, a := range f.Account {
		table := "account." + strconv.Itoa(i)
		switch other, taken := names[strings.ToLower(a.Name)]; {
		case a.Name == "":
			return nil, f.wrong(table+".name", "is missing: the account needs one for its session file and the log")
		case !accountName.MatchString(a.Name):
			return nil, f.wrong(table+".name", "is %q: it names a file, so use up to 64 letters, digits, - and _", a.Name)
		case taken:
			return nil, f.wrong(table+".name", "is %q, but an account %q stands above: give each its own", a.Name, other)
		case a.Phone == "" && a.BotToken == "":
			return nil, f.wrong(table, "%q has neither phone nor bot_token: give it one", a.Name)
		case a.Phone != "" && a.BotToken != "":
			return nil, f.wrong(table, "%q has both phone and bot_token: remove one", a.Name)
		case a.Phone != "" && !phone.MatchString(a.Phone):
			return nil, f.wrong(table+".phone", "is not a number with its country code: write + and 5 to 15 digits, as in +15550001")
		case a.BotToken != "" && !botToken.MatchString(a.BotToken):
			return nil, f.wrong(table+".bot_token", "is not a token: copy it from @BotFather, digits, a colon and the rest")
		case owners[a.Phone] != "":
			return nil, f.wrong(table+".phone", "is that of account %q as well: remove one of the two, or both handle every call", owners[a.Phone])
		case owners[a.BotToken] != "":
			return nil, f.wrong(table+".bot_token", "is that of account %q as well: remove one of the two, or both handle every call", owners[a.BotToken])
		}
		owners[a.Phone+a.BotToken] = a.Name
		names[strings.ToLower(a.Name)] = a.Name
		accounts = append(accounts, Account(a))
	}
	return accounts, nil
}

// CheckServer says what is wrong with the address of a server. The name of what
// holds it goes before the error.
func CheckServer(server string) error {
	host, port, err := net.SplitHostPort(server)
	if err != nil || host == "" {
		return fmt.Errorf("is %q: write host:port, as in 127.0.0.1:9443", server)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("is %q: the port is a number from 1 to 65535", server)
	}
	return nil
}

// wrong is the one line about a key: the file, the line where the key stands,
// or its table does, the key as it is written there, and the rest.
func (f *file) wrong(key, format string, args ...any) error {
	place := f.path
	for at := key; at != ""; {
		if line, ok := f.lines[at]; ok {
			place = fmt.Sprintf("%s:%d", f.path, line)
			break
		}
		cut := strings.LastIndexByte(at, '.')
		at = at[:max(cut, 0)]
	}
	return fmt.Errorf("%s: %s %w", place, written(key), fmt.Errorf(format, args...))
}

// written is "account name" for "account.1.name": the line says which one.
func written(key string) string {
	table, field, _ := strings.Cut(key, ".")
	if table == "account" || table == "script" {
		_, field, _ = strings.Cut(field, ".")
		return strings.TrimSpace(table + " " + field)
	}
	return cmp.Or(field, table)
}
