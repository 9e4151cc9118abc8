package main

import (
	"fmt"
	"strings"

	"luahost/internal/simulator"
)

// maxSimUsers is how many phones there are: +15550001 to +15559999.
const maxSimUsers = 9999

// The names of the simulator's users. Their numbers have no common divisor, so that
// each first name meets each last name before a pair comes back.
var (
	simFirstNames = []string{
		"Ada", "Ben", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lamin",
		"Mira", "Nikos", "Olga", "Pavel", "Quinn", "Rosa", "Samir", "Tilda", "Umar", "Vera", "Wanda", "Xavier", "Yusuf", "Zoe",
	}
	simLastNames = []string{
		"Novak", "Okafor", "Petrova", "Quispe", "Rossi", "Sato", "Thorne", "Ulloa", "Varga", "Weiss", "Yilmaz",
	}
)

// person is a user of the simulator.
type person struct {
	simulator.User
	contactOf []int // indexes of the people who saved this one
}

func (p *person) name() string { return p.FirstName + " " + p.LastName }

// simPeople adds n users to telegram. The first and every second one from there
// have saved each other; the rest are strangers to all. The same n gives the
// same people, ids included, and a larger n gives them first.
func simPeople(telegram *simulator.Telegram, n int) ([]*person, error) {
	people := make([]*person, n)
	for i := range people {
		p := &person{User: simUser(i)}
		var err error
		if p.ID, err = telegram.AddUser(p.User); err != nil {
			return nil, fmt.Errorf("add %s: %w", p.name(), err)
		}
		people[i] = p
		if i%2 == 0 {
			continue
		}
		if err := befriend(telegram, people[0].ID, p.ID); err != nil {
			return nil, err
		}
		p.contactOf = append(p.contactOf, 0)
		people[0].contactOf = append(people[0].contactOf, i)
	}
	return people, nil
}

// simUser is the user at an index. His phone ends with his number, from 1.
func simUser(i int) simulator.User {
	u := simulator.User{
		Phone:     fmt.Sprintf("+1555%04d", i+1),
		FirstName: simFirstNames[i%len(simFirstNames)],
		LastName:  simLastNames[i%len(simLastNames)],
	}
	u.Username = strings.ToLower(u.FirstName + "_" + u.LastName)
	if round := i / (len(simFirstNames) * len(simLastNames)); round > 0 { // all names are through
		u.LastName = fmt.Sprintf("%s %d", u.LastName, round+1)
		u.Username = fmt.Sprintf("%s_%d", u.Username, round+1)
	}
	return u
}
