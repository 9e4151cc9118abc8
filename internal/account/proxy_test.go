package account_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy is a network between an account and its server that a test can spoil.
type proxy struct {
	spoiled
	listener net.Listener
	target   string
	running  sync.WaitGroup

	up, down atomic.Int64 // bytes passed on

	mu     sync.Mutex
	taken  int // connections so far
	conns  map[net.Conn]bool
	frozen int        // up to this one, connections pass nothing on, and are not closed
	thawed *sync.Cond // on mu
}

// spoiled is what a network does from the start.
type spoiled struct {
	limits []limit            // of the first connections
	frames func(down *frames) // how what the server sends is passed on; nil: as it comes
}

// limit is after how many bytes to the server, or to the client, a connection is
// cut; 0: never.
type limit struct{ up, down int }

func newProxy(t testing.TB, target string, how spoiled) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{spoiled: how, listener: listener, target: target, conns: make(map[net.Conn]bool)}
	p.thawed = sync.NewCond(&p.mu)
	p.running.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.cut()
		p.thaw()
		p.running.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		var l limit
		if p.taken < len(p.limits) {
			l = p.limits[p.taken]
		}
		p.taken++
		number := p.taken
		down, frames := io.Writer(&limited{client, l.down, &p.down}), p.frames
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		end := func() {
			client.Close()
			server.Close()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.conns, client)
			delete(p.conns, server)
		}
		p.running.Go(func() {
			defer end()
			p.pass(number, &limited{server, l.up, &p.up}, client)
		})
		p.running.Go(func() {
			defer end()
			if frames != nil {
				frames(newFrames(server, down))
				return
			}
			p.pass(number, down, server)
		})
	}
}

func (p *proxy) pass(number int, to io.Writer, from io.Reader) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		for p.frozen >= number {
			p.thawed.Wait()
		}
		p.mu.Unlock()
		if _, failed := to.Write(b[:n]); failed != nil || err != nil {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// freeze makes the connections that there are half-open.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = p.taken
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = 0
	p.thawed.Broadcast()
}

// limited passes on so many bytes, and fails at the next.
type limited struct {
	to   net.Conn
	left int // 0: all
	sum  *atomic.Int64
}

var errCut = errors.New("cut")

func (l *limited) Write(b []byte) (int, error) {
	l.sum.Add(int64(len(b)))
	if l.left == 0 {
		return l.to.Write(b)
	}
	if len(b) < l.left {
		l.left -= len(b)
		return l.to.Write(b)
	}
	n, err := l.to.Write(b[:l.left])
	return n, errors.Join(errCut, err)
}

// frames are the frames of what one side sends, by the intermediate transport.
// https://core.telegram.org/mtproto/mtproto-transports#intermediate
type frames struct {
	from *bufio.Reader
	to   io.Writer
}

func newFrames(from io.Reader, to io.Writer) *frames { return &frames{bufio.NewReader(from), to} }

// more reports whether another frame, or its beginning, has arrived.
func (f *frames) more() bool { return f.from.Buffered() > 0 }

// next gives the next frame as it is on the wire, nil at the end.
func (f *frames) next() []byte {
	head := make([]byte, 4)
	if _, err := io.ReadFull(f.from, head); err != nil {
		return nil
	}
	frame := append(head, make([]byte, binary.LittleEndian.Uint32(head)&0x7fffffff)...)
	if _, err := io.ReadFull(f.from, frame[4:]); err != nil {
		return nil
	}
	return frame
}

func (f *frames) send(frame []byte) { _, _ = f.to.Write(frame) }
