package server

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// counts gives how often a test is to do something: all of it only when asked.
func counts(some, all int) int {
	if os.Getenv("LUAHOST_FULL") != "" {
		return all
	}
	return some
}

// tcp connects and says nothing.
func (w *world) tcp() net.Conn {
	w.Helper()
	nc, err := net.Dial("tcp", w.server.Addr().String())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { nc.Close() })
	return nc
}

// wantEnd checks that the server hangs up without a word.
func (w *world) wantEnd(name string, nc net.Conn) {
	w.Helper()
	nc.SetReadDeadline(time.Now().Add(patience))
	if n, err := nc.Read(make([]byte, 8)); n > 0 || isTimeout(err) {
		w.Errorf("%s: read %d bytes, error %v, want the end", name, n, err)
	}
}

func TestConnectionEndsAfterTheDelayThatWasAskedFor(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	d := w.device(w.key())
	ping := func() {
		d.notify(&mt.PingDelayDisconnectRequest{PingID: 1, DisconnectDelay: 75})
		d.await(mt.PongTypeID, nil)
	}
	ping()
	m.Advance(74 * time.Second)
	ping() // begins anew
	m.Advance(74 * time.Second)
	d.notify(&mt.PingRequest{PingID: 2}) // does not
	d.await(mt.PongTypeID, nil)
	m.Advance(time.Second)
	d.wantClosed()
}

// deadline is a connection that knows until when it is to be read.
type deadline struct {
	net.Conn
	read time.Time
}

func (d *deadline) SetReadDeadline(at time.Time) error { d.read = at; return nil }

func TestClientMayBeSilentForAsLongAsItAskedFor(t *testing.T) {
	w := newWorld(t, Options{Clock: manual(), ReadTimeout: time.Minute})
	nc := new(deadline)
	c := newConn(w.server, nc)
	c.known = true
	for delay, want := range map[time.Duration]time.Duration{0: time.Minute, 5 * time.Minute: 5 * time.Minute} {
		c.delay = delay
		began := time.Now()
		c.extend()
		if nc.read.Before(began.Add(want)) || nc.read.After(time.Now().Add(want)) {
			t.Errorf("asked for %v: read until %v from now, want %v", delay, nc.read.Sub(began), want)
		}
	}
}

func TestStrangersMakeRoomForStrangers(t *testing.T) {
	w := newWorld(t, Options{})
	w.server.maxStrangers = 3
	d := w.device(w.key())
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	first := w.tcp()
	for range 3 {
		w.tcp()
	}
	w.wantEnd("the oldest", first)
	d.wantResult(d.request(getConfig), tg.ConfigTypeID) // who has shown a key stays
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, Options{})
	w.server.maxConns = 1
	d := w.device(w.key())
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	w.wantEnd("one too many", w.tcp())
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
}

func TestOneConnectionMakesFewKeys(t *testing.T) {
	w := newWorld(t, Options{})
	h := &newConn(w.server, nil).handshake
	begin := encode(&mt.ReqPqMultiRequest{})
	for i := range maxBegun {
		if _, _, err := h.handle(&bin.Buffer{Buf: begin}); err != nil {
			t.Fatalf("beginning %d: %v", i, err)
		}
	}
	if _, _, err := h.handle(&bin.Buffer{Buf: begin}); err == nil {
		t.Error("the client may begin for ever")
	}
}

// TestStrangersLeaveNothingBehind has a thousand of them come, of every kind,
// while a client is served. What is measured afterwards is the whole process.
func TestStrangersLeaveNothingBehind(t *testing.T) {
	count := counts(200, 1000)
	w := newWorld(t, Options{})
	d := w.device(w.key())
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	goroutines, heap := runtime.NumGoroutine(), heapInUse()

	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	var held []net.Conn
	for i := range count {
		nc, err := net.Dial("tcp", w.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc.Write(stranger(i, noise)) // may fail: the server may have hung up
		if i%3 == 0 {
			held = append(held, nc)
		} else {
			nc.Close()
		}
		if i%50 == 0 {
			d.wantResult(d.request(getConfig), tg.ConfigTypeID)
		}
	}
	for _, nc := range held {
		nc.Close()
	}
	deadline := time.Now().Add(patience)
	for w.server.connections() > 1 || runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections, %d goroutines; there were 1 and %d", w.server.connections(), runtime.NumGoroutine(), goroutines)
		}
		d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	}
	const tolerance = 1 << 20
	grown := heapInUse() - heap
	t.Logf("after %d strangers: %d goroutines, %d before; the heap grew by %d KB", count, runtime.NumGoroutine(), goroutines, grown>>10)
	if grown > tolerance {
		t.Error("the heap grew")
	}
	if n := len(w.server.Keys()); n != 1 {
		t.Errorf("%d keys, want 1", n)
	}
}

// stranger is what the i-th one says.
func stranger(i int, noise func(int) []byte) []byte {
	le := binary.LittleEndian
	switch i % 8 {
	case 0: // a probe, or silence
		return nil
	case 1: // half a frame
		return append([]byte{0xee, 0xee, 0xee, 0xee, 80, 0, 0, 0}, noise(20)...)
	case 2: // as much as is allowed, and nothing of it
		return le.AppendUint32([]byte{0xdd, 0xdd, 0xdd, 0xdd}, maxFrame)
	case 3: // almost as much as is allowed
		return append(le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, maxFrame), noise(maxFrame-1)...)
	case 4: // the beginning of a key, and no more
		return append([]byte{0xef, 10}, encode(proto.UnencryptedMessage{MessageData: encode(&mt.ReqPqMultiRequest{})})...)
	case 5: // a key that nobody knows
		return append(le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 104), noise(104)...)
	case 6: // half an obfuscated header
		return noise(40)
	default:
		return noise(500)
	}
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what a pool holds goes with the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// connections counts those that the server has.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
