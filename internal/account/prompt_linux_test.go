package account_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"luahost/internal/account"
)

// openTerminal makes a terminal: what is written to keyboard is typed, what is
// read from it stands on the screen.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	fd := int(keyboard.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		terminal.Close()
		keyboard.Close()
	})
	return keyboard, terminal
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// awaitHidden waits until the terminal has stopped to show what is typed.
func awaitHidden(t *testing.T, terminal *os.File) {
	t.Helper()
	for deadline := time.Now().Add(patience); echoes(t, terminal); {
		if time.Now().After(deadline) {
			t.Fatal("the terminal goes on showing what is typed")
		}
	}
}

func TestTerminalHidesSecrets(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	prompt := account.NewPrompt(terminal, terminal)
	typed := make(chan error, 1)
	go func() {
		_, err := keyboard.WriteString("12345\n")
		typed <- err
	}()
	if code, err := prompt.Ask(t.Context(), "Code", false); code != "12345" || err != nil {
		t.Errorf("the code is %q, %v", code, err)
	}
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	go func() {
		awaitHidden(t, terminal)
		_, err := keyboard.WriteString(" s3cret \n")
		typed <- err
	}()
	if password, err := prompt.Ask(t.Context(), "Password", true); password != " s3cret " || err != nil {
		t.Errorf("the password is %q, %v", password, err)
	}
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	screen := make([]byte, 1000)
	n, err := keyboard.Read(screen)
	if shown := string(screen[:n]); err != nil || !strings.Contains(shown, "Code: ") || strings.Contains(shown, "s3cret") {
		t.Errorf("the screen shows %q, %v", shown, err)
	}
	if !echoes(t, terminal) {
		t.Error("the terminal hides what is typed from now on")
	}
}

func TestCancelledSecretGivesTheTerminalBack(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		awaitHidden(t, terminal)
		cancel()
	}()
	if _, err := account.NewPrompt(terminal, terminal).Ask(ctx, "Password", true); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask returned %v", err)
	}
	if !echoes(t, terminal) {
		t.Error("the terminal hides what is typed from now on")
	}
	_, _ = keyboard.WriteString("\n") // ends the read that could not be interrupted
}
