package main

import (
	"context"
	"errors"
	"fmt"

	"luahost/internal/simulator"
)

// The account that the demo logs in as.
const (
	demoPhone = "+15550001"
	demoCode  = "12345" // what the embedded Telegram sends to everybody
)

// caller is somebody who rings in the demo.
type caller struct {
	user    simulator.User
	contact bool
	video   bool
	brief   bool // hangs up before anybody could answer
	client  *simulator.Client
	id      int64
}

// String is how the timeline names a caller.
func (c *caller) String() string {
	name := c.user.FirstName
	if c.user.LastName != "" {
		name += " " + c.user.LastName
	}
	if c.contact {
		return name + " (contact)"
	}
	return name + " (stranger)"
}

// castOf adds you and the callers to telegram. The second value is the order in
// which they ring, over and over: Tomas, who does not give up, three times.
func castOf(telegram *simulator.Telegram) (you int64, order []*caller, err error) {
	you, err = telegram.AddUser(simulator.User{Phone: demoPhone, FirstName: "You"})
	if err != nil {
		return 0, nil, fmt.Errorf("add you: %w", err)
	}
	var (
		nadia  = &caller{user: simulator.User{Phone: "+15550101", FirstName: "Nadia", LastName: "Petrova", Username: "nadia"}, contact: true}
		prizes = &caller{user: simulator.User{Phone: "+15550102", FirstName: "Prize Centre", Username: "you_have_won"}}
		tomas  = &caller{user: simulator.User{Phone: "+15550103", FirstName: "Tomas", LastName: "Novak"}}
		video  = &caller{user: simulator.User{Phone: "+15550104", FirstName: "Vera", Username: "vera_on_video"}, video: true}
		brief  = &caller{user: simulator.User{Phone: "+15550105", FirstName: "Ines", LastName: "Costa"}, contact: true, brief: true}
		ravi   = &caller{user: simulator.User{Phone: "+15550106", FirstName: "Ravi", LastName: "Shah", Username: "ravi"}, contact: true}
	)
	for _, c := range []*caller{nadia, prizes, tomas, video, brief, ravi} {
		if c.id, err = telegram.AddUser(c.user); err != nil {
			return 0, nil, fmt.Errorf("add %s: %w", c.user.FirstName, err)
		}
		if c.contact {
			if err := befriend(telegram, you, c.id); err != nil {
				return 0, nil, err
			}
		}
		c.client = telegram.Login(c.id)
	}
	return you, []*caller{nadia, prizes, tomas, video, tomas, brief, tomas, ravi}, nil
}

// befriend makes two users each other's contacts.
func befriend(telegram *simulator.Telegram, a, b int64) error {
	return errors.Join(telegram.AddContact(a, b), telegram.AddContact(b, a))
}

// demoPrompt answers the login's questions.
type demoPrompt struct{}

// Ask gives the code that the embedded Telegram sends.
func (demoPrompt) Ask(context.Context, string, bool) (string, error) { return demoCode, nil }

// Tell is silent: nobody has to be told.
func (demoPrompt) Tell(string) {}
