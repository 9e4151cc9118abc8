package story

import (
	"fmt"
	"math/rand/v2"
)

// Random makes a story of so many steps that nobody would think of.
func Random(seed uint64, steps int) Story {
	r := rand.New(rand.NewPCG(seed, 1))
	people := []string{"ann", "bob", "carol"}
	devices := []string{"ann", "ann.laptop", "bob", "bob.tablet", "carol"}
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	s := Story{Name: fmt.Sprintf("random %d", seed), Steps: []Step{{Line: "cast ann ann.laptop bob bob.tablet carol"}}}
	for range steps {
		line := pick(devices) + " "
		switch n := r.IntN(40); {
		case n < 9:
			line += "rings " + pick(people)
		case n < 12:
			line += "receives"
		case n < 18:
			line += "accepts"
		case n < 26:
			line += "confirms"
		case n < 31:
			line += fmt.Sprintf("hangs up %s %d", pick([]string{"missed", "disconnect", "hangup", "busy", "migrateConferenceCall"}), r.IntN(90))
		case n < 32:
			line += "signals hello"
		case n < 33:
			line += fmt.Sprintf("rates %d fine", r.IntN(7))
		case n < 34:
			line += pick([]string{"blocks ", "unblocks ", "unblocks ", "saves "}) + pick(people)
		case n < 35:
			line += pick([]string{"takes calls of ", "connects directly with "}) + pick([]string{"everybody", "everybody", "contacts", "nobody"})
		case n < 36:
			line += "leaves"
		case n < 37:
			line += "returns"
		case n < 38:
			line = pick([]string{"packets stop", "packets flow"})
		default:
			line = fmt.Sprintf("+%ds", r.IntN(40))
		}
		s.Steps = append(s.Steps, Step{Line: line})
	}
	return s
}
