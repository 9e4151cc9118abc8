package script

import (
	"context"
	"errors"
	"testing"
)

// A handler whose call was over before its turn came does not begin.
func TestTheContextOfATaskEndsWithTheOneBeforeIt(t *testing.T) {
	over := errors.New("the call is over")
	from, end := context.WithCancelCause(t.Context())
	end(over)
	for range 100 { // by chance it might be in time
		ctx, let := newTaskContext(t.Context(), from, Handler{})
		if cause := context.Cause(ctx); ctx.Err() == nil || !errors.Is(cause, over) {
			t.Fatalf("it has not ended, or with %v", cause)
		}
		let(nil)
	}
}
