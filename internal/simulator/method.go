package simulator

import (
	"context"
	"fmt"
	"slices"

	"github.com/gotd/td/bin"
)

// access says who may call a method. Telegram documents it on each method's
// page ("Only users can use this method", …).
type access int

const (
	anybody    access = iota // also before login
	userOrBot                // whoever is logged in
	usersAlone               // a bot gets BOT_METHOD_INVALID
)

// method is one method of the API with the function that carries it out.
type method struct {
	name string
	id   uint32
	who  access

	refusals []refusal // what it answers beside general()

	run func(t *Telegram, from *Client, b *bin.Buffer) (bin.Encoder, error)
}

// refusal is an error that is answered.
type refusal struct {
	code int
	name string
	ours bool   // our choice: the method's page does not list it
	when string // in general() alone: the others speak for themselves, or where they are answered
}

// documented are errors that the method's page lists, such as "400 X_INVALID".
func documented(errors ...string) []refusal {
	list := make([]refusal, len(errors))
	for i, e := range errors {
		if _, err := fmt.Sscan(e, &list[i].code, &list[i].name); err != nil {
			panic(fmt.Sprintf("simulator: %q is no error: %v", e, err)) // the table is wrong
		}
	}
	return list
}

// ours are errors that the method's page does not list.
func ours(errors ...string) []refusal {
	list := documented(errors...)
	for i := range list {
		list[i].ours = true
	}
	return list
}

// request is a pointer to one of the API's request types.
type request[T any] interface {
	*T
	bin.Object
	TypeID() uint32
	TypeName() string
}

// on makes a method of a handler whose types say which request it takes and
// what it answers. The handler runs with t.mu held, gets a request of its own,
// and must answer with an object that nothing else refers to.
func on[T any, In request[T], Out bin.Encoder](who access, handle func(*Telegram, *Client, In) (Out, error), refusals ...[]refusal) method {
	var zero In = new(T)
	return method{
		name: zero.TypeName(),
		id:   zero.TypeID(),
		who:  who,

		refusals: slices.Concat(refusals...),

		run: func(t *Telegram, from *Client, b *bin.Buffer) (bin.Encoder, error) {
			var in In = new(T)
			// Our choice: bytes left over are as wrong as missing ones.
			if err := in.Decode(b); err != nil || b.Len() > 0 {
				return nil, Refuse(400, "INPUT_FETCH_ERROR")
			}
			out, err := locked(t, from, who, in, handle)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

func (m method) carryOut(ctx context.Context, t *Telegram, from *Client, b *bin.Buffer) (bin.Encoder, error) {
	answer, err := m.run(t, from, b)
	t.log.DebugContext(ctx, "request", "method", m.name, "err", err)
	return answer, err
}

// locked carries a request out, alone, and then delivers what it caused.
func locked[In any, Out bin.Encoder](t *Telegram, from *Client, who access, in In, handle func(*Telegram, *Client, In) (Out, error)) (Out, error) {
	t.mu.Lock()
	defer t.release()
	if err := from.may(who); err != nil {
		var none Out
		return none, err
	}
	return handle(t, from, in)
}

// may refuses a client that is not logged in, and a bot what bots cannot do.
func (c *Client) may(who access) error {
	switch {
	case who == anybody:
		return nil
	case c.user == nil && c.halfway != nil:
		return Refuse(401, "SESSION_PASSWORD_NEEDED")
	case c.user == nil:
		return Refuse(401, "AUTH_KEY_UNREGISTERED")
	case c.user.Bot && who == usersAlone:
		return Refuse(400, "BOT_METHOD_INVALID")
	}
	return nil
}
