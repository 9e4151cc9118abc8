// Package nearest finds what a misspelt name was meant to be. It is called
// wherever somebody's spelling is refused, from any goroutine, and says nothing
// itself but the end of a sentence. (bindings/tl, which depends on nothing of
// luahost, has its own.)
package nearest

import "strings"

// Name gives the known name that a slip of the fingers turns into name, or ""
// when none is close. Upper and lower case count as equal.
func Name(name string, known []string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	best, bestAt := "", 1+slips(name)
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < bestAt && k != name {
			best, bestAt = k, d
		}
	}
	return best
}

// slips is how many a name may have: of a short one little is left after two, and it
// is near to everything.
func slips(name string) int {
	switch {
	case len(name) < 3:
		return 0
	case len(name) < 5:
		return 1
	default:
		return max(2, len(name)/3)
	}
}

// Hint is the end of a sentence about an unknown name: ` (did you mean "x"?)`,
// or nothing.
func Hint(name string, known []string) string {
	if near := Name(name, known); near != "" {
		return ` (did you mean "` + near + `"?)`
	}
	return ""
}

// distance counts the letters to insert, drop, change or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}
