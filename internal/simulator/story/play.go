package story

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/simulator"
)

// player plays one story.
type player struct {
	stage   Stage
	people  map[string]*person
	devices []*device // in the order of the cast
	names   map[int64]string
	calls   []int64 // in the order in which anybody heard of them
	written int64   // messages
}

// person is a user and what all devices of it know.
type person struct {
	simulator.User
	hashes  map[int64]int64 // access hashes of calls
	heardOf int64           // the last call that was heard of
	users   map[string]tg.InputUserClass
}

// device is one device of a person.
type device struct {
	*person
	name       string
	client     *simulator.Client
	api        *tg.Client // through the device itself
	through    tg.Invoker
	last       bin.Decoder // answer
	disconnect func()      // nil while the device is away
	inbox      chan tg.UpdatesClass
	pts        int // when it went away
	ends       map[int64]*simulator.End
	accepted   map[int64]*tg.PhoneCallAccepted
}

// Play plays s, whose first step must be the cast, and tells what came of each
// step. On a stage whose updates take their time, it waits until each device was
// told as much as s says that it is, or ctx ends.
func Play(ctx context.Context, stage Stage, s Story) (Story, error) {
	p := &player{stage: stage, people: map[string]*person{}, names: map[int64]string{}}
	defer func() {
		for _, d := range p.devices {
			d.away()
		}
	}()
	came := Story{Name: s.Name}
	for _, step := range s.Steps {
		if step.Line == theRecord {
			break
		}
		answer, err := p.step(ctx, step.Line)
		if err != nil {
			return came, fmt.Errorf("%s: %s: %w", s.Name, step.Line, err)
		}
		told := p.told(ctx, step)
		came.Steps = append(came.Steps, Step{step.Notes, step.Line, append(answer, told...)})
	}
	for _, d := range p.devices {
		d.away()
	}
	late := p.told(ctx, Step{})
	notes := []string{}
	if last := s.Steps[len(s.Steps)-1]; last.Line == theRecord {
		notes = last.Notes
	}
	came.Steps = append(came.Steps, Step{notes, theRecord, append(late, p.record()...)})
	return came, nil
}

// theRecord is the last step of every story: Telegram's own record of the calls.
const theRecord = "the record"

// step does what a line says, and gives the line about its answer.
func (p *player) step(ctx context.Context, line string) ([]string, error) {
	words := strings.Fields(line)
	switch {
	case words[0] == "cast":
		return nil, p.cast(ctx, words[1:])
	case strings.HasPrefix(line, "+"):
		d, err := time.ParseDuration(line[1:])
		p.stage.Advance(d)
		return nil, err
	case words[0] == "packets":
		if len(p.calls) == 0 {
			return nil, nil
		}
		err := p.stage.Telegram().Packets(p.calls[len(p.calls)-1], words[1] == "flow")
		return answered("packets", "", err)
	}
	d := p.device(words[0])
	if d == nil {
		return nil, errors.New("nobody in the cast does this")
	}
	for _, v := range verbs {
		if rest, fits := strings.CutPrefix(line+" ", words[0]+" "+v.words+" "); fits {
			if d.disconnect == nil && v.words != "returns" {
				return nil, nil // our choice: who is away does nothing
			}
			words, err := v.do(ctx, p, d, strings.Fields(rest))
			return answered(d.name, words, err)
		}
	}
	return nil, errors.New("this cannot be done")
}

// answered says what a request brought. An error that is not Telegram's ends the
// story, but for those of the simulator's own functions.
func answered(who, words string, err error) ([]string, error) {
	var refused *tgerr.Error
	switch {
	case errors.As(err, &refused):
		words = fmt.Sprintf("%d %s", refused.Code, refused.Message)
	case err != nil && who == "packets":
		words = "no active call"
	case err != nil:
		return nil, err
	case words == "":
		return nil, nil
	}
	return []string{who + " = " + words}, nil
}

// cast makes the people and connects their devices.
func (p *player) cast(ctx context.Context, names []string) error {
	for i, name := range names {
		who, _, _ := strings.Cut(name, ".")
		if p.people[who] == nil {
			user := simulator.User{Phone: fmt.Sprintf("1555%04d", i), FirstName: strings.ToUpper(who[:1]) + who[1:]}
			id, err := p.stage.Telegram().AddUser(user)
			if err != nil {
				return err
			}
			user.ID = id
			p.people[who] = &person{User: user, hashes: map[int64]int64{}, users: map[string]tg.InputUserClass{}}
			p.names[id] = who
		}
		d := &device{
			person: p.people[who], name: name, inbox: make(chan tg.UpdatesClass, 1000),
			ends: map[int64]*simulator.End{}, accepted: map[int64]*tg.PhoneCallAccepted{},
		}
		d.api = tg.NewClient(d)
		var err error
		if d.client, err = p.stage.Login(ctx, d.User); err != nil {
			return err
		}
		if err := p.connect(ctx, d); err != nil {
			return err
		}
		p.devices = append(p.devices, d)
	}
	return nil
}

func (p *player) connect(ctx context.Context, d *device) (err error) {
	d.through, d.disconnect, err = p.stage.Connect(ctx, d.client, func(u tg.UpdatesClass) { d.inbox <- u })
	return err
}

// Invoke sends a request, and keeps the answer.
func (d *device) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	d.last = out
	return d.through.Invoke(ctx, in, out)
}

func (d *device) away() {
	if d.disconnect != nil {
		d.disconnect()
		d.disconnect = nil
	}
}

func (p *player) device(name string) *device {
	at := slices.IndexFunc(p.devices, func(d *device) bool { return d.name == name })
	if at < 0 {
		return nil
	}
	return p.devices[at]
}

// told takes what each device was told, and at least as much as the step says. A
// client may hear of two things in another order than they happened in.
func (p *player) told(ctx context.Context, step Step) (lines []string) {
	for _, d := range p.devices {
		var own []string
		for want := step.told(d.name); ; {
			u, some := d.next(ctx, len(own) < want && !p.stage.Prompt())
			if !some {
				break
			}
			own = append(own, d.name+": "+p.updates(d, u))
		}
		slices.Sort(own)
		lines = append(lines, own...)
	}
	return lines
}

// next takes what a device was told, if there is anything, or waits for it.
func (d *device) next(ctx context.Context, wait bool) (u tg.UpdatesClass, some bool) {
	if wait {
		select {
		case u := <-d.inbox:
			return u, true
		case <-ctx.Done():
		}
	}
	select {
	case u := <-d.inbox:
		return u, true
	default:
		return nil, false
	}
}
