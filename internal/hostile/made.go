package hostile

import (
	"regexp"
	"strings"
)

// made are the scripts that are too large to keep, or that are no files.
func made() []Script {
	refused := func(name, tries, why, source string) Script {
		return Script{Name: name + ".lua", Tries: tries, Must: Refused, Why: regexp.MustCompile("(?is)" + why), Source: source}
	}
	link := func(name, tries, to string) Script {
		s := refused(name, tries, name, "")
		s.Link = to
		return s
	}
	again := strings.Repeat
	return []Script{
		refused("source-10mb", "ten megabytes of source", "longer than", again("local x = 1\n", 10<<20/12)),
		refused("source-comment", "ten megabytes of one comment", "longer than", "--[["+again("x", 10<<20)+"]]"),
		{
			Name: "source-parentheses.lua", Tries: "source whose parentheses are nested 100,000 deep", Must: Load,
			Source: "return " + again("(", 100_000) + "1" + again(")", 100_000),
		},
		refused("source-tables", "source whose tables are nested 100,000 deep", "nested|deep", "return "+again("{", 100_000)+again("}", 100_000)),
		refused("source-functions", "source whose functions are nested 20,000 deep", "nested|deep", again("return function() ", 20_000)+again(" end", 20_000)),
		refused("source-blocks", "source whose blocks are nested 100,000 deep", "nested|deep", again("do ", 100_000)+again("end ", 100_000)),
		refused("source-calls", "source whose calls are nested 100,000 deep", "nested|deep", "return "+again("f(", 100_000)+again(")", 100_000)),
		refused("source-chain", "an expression of 100,000 parts", "nested|deep|overflow|many", "return x"+again(" .. x", 100_000)),
		refused("source-constants", "300,000 constants in a function, for which the code has no room", "constants|many|instructions|overflow|memory", constants(300_000)),
		{Name: "source-empty.lua", Tries: "a file without anything", Must: Load},
		{Name: "source-blank.lua", Tries: "a megabyte of nothing but blanks", Must: Load, Source: again(" \n", 500_000)},
		link("link-file", "a link to a file of the system", "/etc/passwd"),
		link("link-folder", "a link to a folder", "/"),
		link("link-self", "a link to itself", "link-self.lua"),
		link("link-nothing", "a link to nothing", "no-such-file"),
		link("link-device", "a link to a device that never ends", "/dev/zero"),
		{ // the system says of it that it is empty, and so it is not opened
			Name: "link-environment.lua", Tries: "a link to the environment of the host", Must: Load, Link: "/proc/self/environ",
		},
	}
}

// constants is source with a different number in each statement.
func constants(n int) string {
	var b strings.Builder
	digits := "0123456789"
	for i := range n {
		b.WriteString("x=")
		for v := i + 1; v > 0; v /= 10 {
			b.WriteByte(digits[v%10])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
