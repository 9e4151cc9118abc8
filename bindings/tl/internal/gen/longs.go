package main

import (
	"fmt"
	"slices"
	"strings"
)

// longs says of each long of the layer whether it holds the id of a peer. A key
// is constructor.field; the elements of a method's result are method.result.
type longs map[string]bool

// parseLongs reads lines of "peer user.id" and "other user.access_hash".
func parseLongs(text string) (longs, error) {
	list := longs{}
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 || words[0] != "peer" && words[0] != "other" {
			return nil, fmt.Errorf("line %d: want peer or other, and one field: %q", n+1, line)
		}
		if _, twice := list[words[1]]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n+1, words[1])
		}
		list[words[1]] = words[0] == "peer"
	}
	return list, nil
}

// mark makes peer_id of the longs that hold one. Every long must be known, and
// every entry used.
func (l longs) mark(defs []*definition) error {
	used := map[string]bool{}
	var unknown []string
	mark := func(typ *string, key string) {
		if *typ != "long" && *typ != "Vector<long>" {
			return
		}
		peer, known := l[key]
		if !known {
			unknown = append(unknown, key)
		}
		used[key] = true
		if peer {
			*typ = strings.Replace(*typ, "long", "peer_id", 1)
		}
	}
	for _, d := range defs {
		for i := range d.fields {
			mark(&d.fields[i].typ, d.name+"."+d.fields[i].name)
		}
		mark(&d.result, d.name+".result")
	}
	if unknown != nil {
		return fmt.Errorf("not classified: %s", strings.Join(unknown, ", "))
	}
	var stale []string
	for key := range l {
		if !used[key] {
			stale = append(stale, key)
		}
	}
	if stale != nil {
		slices.Sort(stale)
		return fmt.Errorf("no longer in the layer: %s", strings.Join(stale, ", "))
	}
	return nil
}
