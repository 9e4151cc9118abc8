package main

import (
	"fmt"
	"strings"
	"unicode"
)

// ringLine is what to type in a shell to ring somebody on an embedded Telegram.
func ringLine(server, keyFile, as, to string) string {
	return fmt.Sprintf("luahost ring --server %s --server-key %s --as %s --to %s", server, quoted(keyFile), as, to)
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_./+:,@%", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
