package main

import (
	"cmp"
	"fmt"
	"strings"

	"luahost/internal/config"
	"luahost/internal/permission"
)

const intro = `<!-- Written by go generate from internal/config and internal/permission: change it there. -->

# Configuration

luahost reads one file in [TOML](https://toml.io), ` + "`luahost.toml`" + ` in the current folder or what ` + "`--config`" + `
names. It is read once, when luahost starts. Only an account and what Telegram gives an
application have to be in it; everything else has a default. A mistake is told in one
line that names the file, the line, the key and what to do about it.

A **duration** is text: ` + "`\"250ms\"`, `\"20s\"`, `\"1h30m\"`, `\"7d\"`" + `. A **size** is text: ` + "`\"500MB\"`, `\"2GB\"`" + ` in powers
of ten, ` + "`\"64KiB\"`, `\"1MiB\"`" + ` in powers of two.

## All of it

What is shown here is the default, where there is one. Keys that stand above the first
` + "`[table]`" + ` belong to no table and must stay there.

`

const permissions = `## Permissions

A script may call what a list allows: its own, ` + "`allow` of its `[[script]]`, or else `allow`" + ` at the
top of the file, or else the default. A list is read from left to right:

| | |
|---|---|
| ` + "`\"messages.sendMessage\"`" + ` | this method |
| ` + "`\"phone.*\"`, `\"messages.get*\"`" + ` | all methods of a namespace, or those that begin so |
| ` + "`\"default\"`" + ` | the list below |
| ` + "`\"*\"`" + ` | everything: for scripts that you wrote yourself |
| ` + "`\"-contacts.block\"`" + ` | takes away what stood before |

What is not allowed is neither looked up nor sent. The script gets ` + "`nil`" + ` and an error of the
type ` + "`NOT_ALLOWED`" + `, which names what to write here; the log and the trace of the call have it
too. The call object is bound by the same list: ` + "`call:decline()` needs `phone.discardCall`,\n`call:accept()` `phone.acceptCall`, `call:reply()` `messages.sendMessage`, `call:block()`\n`contacts.block`, `call:rate()` `phone.setCallRating`" + `.

The default is made for a script that nobody has read: calls, writing and forwarding
messages, contacts one at a time, and reading. It leaves out the account with its
sessions, password and privacy, everything that costs money, deleting and editing what was
written, inviting into and administering groups, and what logs somebody in elsewhere. A
script that may write can still write to whomever it likes, bots included.

`

// page is the whole page.
func page() string {
	var b strings.Builder
	b.WriteString(intro + "```toml\n" + example() + "```\n\n")
	keys(&b)
	b.WriteString(permissions)
	defaults(&b)
	return b.String()
}

// example is a file with every key.
func example() string {
	var b strings.Builder
	width := 0
	for i, k := range config.Keys() {
		name := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
		if strings.HasPrefix(k.Holds, "a table, ") {
			width = widest(k.Name + ".")
			b.WriteString("\n" + strings.TrimPrefix(k.Holds, "a table, ") + "\n")
			continue
		}
		if i == 0 {
			width = len("scripts")
		}
		if k.Rare != "" {
			b.WriteString("# ")
		}
		fmt.Fprintf(&b, "%-*s = %s\n", width, name, cmp.Or(k.Default, k.Example, k.Rare))
	}
	return b.String()
}

// widest is the length of the longest key of a table.
func widest(prefix string) (width int) {
	for _, k := range config.Keys() {
		if name, ok := strings.CutPrefix(k.Name, prefix); ok {
			width = max(width, len(name))
		}
	}
	return width
}

// keys tells of each key, in one table for each table of the file.
func keys(b *strings.Builder) {
	b.WriteString("## At the top\n\n")
	head := "| key | default | |\n|---|---|---|\n"
	b.WriteString(head)
	for _, k := range config.Keys() {
		if table, ok := strings.CutPrefix(k.Holds, "a table, "); ok {
			fmt.Fprintf(b, "\n## %s\n\n%s\n\n%s", table, k.Doc, head)
			continue
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.Name[strings.LastIndexByte(k.Name, '.')+1:], value, k.Doc)
	}
	b.WriteString("\n")
}

// defaults lists what a script may call where the configuration says nothing.
func defaults(b *strings.Builder) {
	standard := permission.Standard().Of("")
	var allowed []string
	own := make(map[string]bool) // what needs a permission of its own, of methods that do not
	all := 0
	for _, name := range permission.NewCatalog().Names() {
		parts := strings.SplitN(name, ".", 3)
		switch {
		case len(parts) == 3:
			own[name] = true
		case len(parts) == 2:
			all++
			if standard.Allows(name) {
				allowed = append(allowed, name)
			}
		}
	}
	fmt.Fprintf(b, "### The default\n\nOf %d methods these %d:\n\n| | |\n|---|---|\n", all, len(allowed))
	space, methods := "", []string{}
	flush := func() {
		if space != "" {
			fmt.Fprintf(b, "| `%s` | %s |\n", space, strings.Join(methods, ", "))
		}
	}
	for _, name := range allowed {
		in, method, _ := strings.Cut(name, ".")
		if in != space {
			flush()
			space, methods = in, nil
		}
		methods = append(methods, method)
	}
	flush()
	b.WriteString("\nA method that is allowed does not bring these with it; they need a name of their own, or a `*`:\n\n")
	for _, name := range permission.NewCatalog().Names() {
		if own[name] {
			fmt.Fprintf(b, "- `%q`\n", name)
		}
	}
	fmt.Fprintf(b, "- `%q`: the messages of Telegram's own account, which bring the codes that log other\n  devices in. Without it a script sees them empty, and can have\n  them neither forwarded, quoted nor translated; nor can it search the words of all chats at once.\n", permission.LoginCodes)
}
