package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"luahost/internal/clock"
	"luahost/internal/host"
)

// runningStatus is what 'luahost status' asks for.
type runningStatus struct {
	Now time.Time `json:"now"` // by the clock of the host: the demo's is not that of the system
	host.Status
}

// controlPath is the Unix socket over which commands talk to the luahost that
// runs with a data folder.
func controlPath(data string) string { return filepath.Join(data, "luahost.sock") }

// reloadRequest is what 'luahost reload' asks for, and reloadAnswer what it gets.
type reloadRequest struct {
	Scripts []string `json:"scripts"` // none: those that changed
}

type reloadAnswer struct {
	Scripts []host.Reloaded `json:"scripts"`
	Error   string          `json:"error,omitempty"` // why none was
}

func reload(h *host.Host, wanted reloadRequest) reloadAnswer {
	scripts, err := h.Reload(wanted.Scripts...)
	if err != nil {
		return reloadAnswer{Error: err.Error()}
	}
	return reloadAnswer{Scripts: scripts}
}

// maxRequest bounds what a command may say.
const maxRequest = 1 << 20

// maxSocketPath is what the address of a Unix socket has room for.
const maxSocketPath = 107

// serveControl answers commands on the data folder's socket until ctx ends. What
// keeps it from that is logged: calls matter more.
func serveControl(ctx context.Context, data string, h *host.Host, c clock.Clock, log *slog.Logger) {
	listener, err := listenControl(controlPath(data))
	if err != nil {
		log.Warn("luahost status and reload are not available", "error", err)
		return
	}
	answer := func(w http.ResponseWriter, what any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(what); err != nil {
			log.Debug("answer to a command not sent", "error", err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, runningStatus{c.Now(), h.Status()})
	})
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		var wanted reloadRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, reload(h, wanted))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 5 * time.Second}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { server.Close(); close(stopped) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Warn("luahost status and reload are no longer available", "error", err)
	}
	if !stop() {
		<-stopped
	}
}

// fitsSocket says what is to be done where a socket cannot be.
func fitsSocket(path string) error {
	if len(path) > maxSocketPath {
		return fmt.Errorf("the path %s is too long for a socket: at most %d bytes, so give 'data' a shorter one", path, maxSocketPath)
	}
	return nil
}

// listenControl makes the socket for the owner's use alone. One that a luahost
// left behind when it was killed is replaced.
func listenControl(path string) (net.Listener, error) {
	if err := fitsSocket(path); err != nil {
		return nil, err
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("another luahost answers at %s", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// The folder is the owner's alone, so nobody comes between these two lines.
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// askControl gets an answer of the luahost that runs with a data folder. A
// question makes it a POST.
func askControl(ctx context.Context, data, what string, question, answer any) error {
	path := controlPath(data)
	if err := fitsSocket(path); err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://luahost/"+what, nil)
	if err == nil && question != nil {
		var body bytes.Buffer
		err = json.NewEncoder(&body).Encode(question)
		request.Method, request.Body = http.MethodPost, io.NopCloser(&body)
	}
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no luahost runs with the data folder %s; start one with 'luahost run'", data)
	case err != nil:
		return fmt.Errorf("ask luahost at %s: %w", path, bare(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask luahost at %s: it answers %s; is it of another version?", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// bare leaves the method and the address out of a request's error: the address
// is a made-up one, and the socket is named beside it.
func bare(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	var dial *net.OpError
	if errors.As(err, &dial) {
		err = dial.Err
	}
	return err
}
