package server

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
)

// framing is how a connection's bytes are cut into payloads.
//
// https://core.telegram.org/mtproto/mtproto-transports
type framing byte

const (
	abridged framing = iota
	intermediate
	padded
	full
)

const (
	// maxFrame bounds a payload that a client may send. Telegram's clients
	// stay below 1 MiB: the limit of a message in a container.
	maxFrame = 1 << 20

	// readStep bounds what is set aside for bytes that a length promises and
	// that have not come yet: a length alone costs its sender nothing.
	readStep = 16 << 10

	// keepBuffer is the largest buffer that a connection keeps for its next frame.
	keepBuffer = 64 << 10

	// fullOverhead is the length, the sequence number and the checksum that
	// the full transport counts into its length.
	fullOverhead = 12
)

var (
	errFrameLength = errors.New("length of a frame is out of bounds")
	errNotMTProto  = errors.New("not an MTProto transport")
)

// wire reads and writes the frames of one connection. One goroutine may
// read while another writes. gotd's codecs are not used because they set aside
// up to 64 MiB for a length that a client only claims, and write twice a frame.
type wire struct {
	framing framing
	r       *bufio.Reader
	w       io.Writer
	buf     []byte // of the last frame read
	quick   bool   // its sender wants a quick acknowledgement
	read    uint32 // frames read: the next sequence number of the full transport
	wrote   uint32
}

// detect finds out which transport a client speaks from the first bytes that
// it sends, and blocks until they are there.
func detect(rw io.ReadWriter) (*wire, error) {
	w := &wire{r: bufio.NewReaderSize(rw, readStep), w: rw}
	first, err := w.r.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] == codec.AbridgedClientStart[0] {
		_, err := w.r.Discard(1)
		return w, err
	}
	head, err := w.r.Peek(4)
	if err != nil {
		return nil, err
	}
	switch [4]byte(head) {
	case codec.IntermediateClientStart:
		w.framing = intermediate
		_, err := w.r.Discard(4)
		return w, err
	case codec.PaddedIntermediateClientStart:
		w.framing = padded
		_, err := w.r.Discard(4)
		return w, err
	case [4]byte{'G', 'E', 'T', ' '}, [4]byte{'P', 'O', 'S', 'T'}, [4]byte{'H', 'E', 'A', 'D'}, [4]byte{'O', 'P', 'T', 'I'}:
		return nil, errNotMTProto
	}
	head, err = w.r.Peek(8)
	if err != nil {
		return nil, err
	}
	// The full transport's second word is the number of its first frame;
	// an obfuscated connection avoids it there.
	if binary.LittleEndian.Uint32(head[4:]) == 0 {
		w.framing = full
		return w, nil
	}
	return w, w.deobfuscate()
}

// deobfuscate reads the 64 bytes that begin an obfuscated connection: keys for
// both directions, and the tag of the transport inside.
//
// https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation
func (w *wire) deobfuscate() error {
	rw, meta, err := obfuscated2.Accept(struct {
		io.Reader
		io.Writer
	}{w.r, w.w}, nil)
	if err != nil {
		return err
	}
	switch meta.Protocol {
	case codec.Abridged{}.ObfuscatedTag():
		w.framing = abridged
	case codec.IntermediateClientStart:
		w.framing = intermediate
	case codec.PaddedIntermediateClientStart:
		w.framing = padded
	default:
		return errNotMTProto
	}
	w.r, w.w = bufio.NewReaderSize(rw, readStep), rw
	return nil
}

// readFrame returns the next payload, which is good until the next call.
// Padding cannot be told apart from the payload here and is left at its end.
func (w *wire) readFrame() ([]byte, error) {
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	length, err := w.readLength()
	if err != nil {
		return nil, err
	}
	if length < 4 || length > maxFrame+fullOverhead {
		return nil, fmt.Errorf("%w: %d", errFrameLength, length)
	}
	if w.framing == full {
		return w.readFull(length)
	}
	w.buf = w.buf[:0]
	err = w.readN(length)
	return w.buf, err
}

// readLength also finds out whether a quick acknowledgement is wanted, which
// all but the full transport can ask for with the length's highest bit.
func (w *wire) readLength() (int, error) {
	const quick = 1 << 31
	var word [4]byte
	if w.framing != abridged {
		_, err := io.ReadFull(w.r, word[:])
		length := binary.LittleEndian.Uint32(word[:])
		if w.framing != full {
			w.quick = length&quick != 0
			length &^= quick
		}
		return int(length), err
	}
	short, err := w.r.ReadByte()
	w.quick = short&0x80 != 0
	if short &^= 0x80; err != nil || short < 0x7f {
		return int(short) * 4, err
	}
	_, err = io.ReadFull(w.r, word[:3])
	return int(binary.LittleEndian.Uint32(word[:])) * 4, err
}

// quickAck is how a quick acknowledgement goes out: a word that, by its highest
// bit, no length of a frame is.
func (w *wire) quickAck(token uint32) []byte {
	token |= 1 << 31
	if w.framing == abridged { // whose lengths begin with their flag
		return binary.BigEndian.AppendUint32(nil, token)
	}
	return binary.LittleEndian.AppendUint32(nil, token)
}

// readN appends n bytes to w.buf, which grows only as they arrive.
func (w *wire) readN(n int) error {
	for n > 0 {
		step := min(n, readStep)
		end := len(w.buf)
		w.buf = slices.Grow(w.buf, step)[:end+step]
		if _, err := io.ReadFull(w.r, w.buf[end:]); err != nil {
			return err
		}
		n -= step
	}
	return nil
}

// readFull reads the rest of a frame of the full transport: its number, the
// payload, and the checksum of everything before it.
func (w *wire) readFull(length int) ([]byte, error) {
	if length < fullOverhead+4 {
		return nil, fmt.Errorf("%w: %d", errFrameLength, length)
	}
	w.buf = binary.LittleEndian.AppendUint32(w.buf[:0], uint32(length))
	if err := w.readN(length - 4); err != nil {
		return nil, err
	}
	buf := w.buf
	number, sum := binary.LittleEndian.Uint32(buf[4:]), binary.LittleEndian.Uint32(buf[length-4:])
	if number != w.read {
		return nil, fmt.Errorf("frame %d came as number %d", w.read, number)
	}
	if sum != crc32.ChecksumIEEE(buf[:length-4]) {
		return nil, errors.New("checksum of a frame is wrong")
	}
	w.read++
	return buf[8 : length-4], nil
}

// appendFrame appends payload, framed, to dst. The full transport counts its
// frames: they must be written in the order in which they were appended.
func (w *wire) appendFrame(dst, payload []byte) []byte {
	le := binary.LittleEndian
	switch w.framing {
	case abridged:
		if words := len(payload) / 4; words < 0x7f {
			dst = append(dst, byte(words))
		} else {
			dst = append(dst, 0x7f, byte(words), byte(words>>8), byte(words>>16))
		}
		return append(dst, payload...)
	case intermediate:
		dst = le.AppendUint32(dst, uint32(len(payload)))
		return append(dst, payload...)
	case padded:
		// Up to 15 bytes are allowed; gotd's clients cut three at most.
		padding := rand.Uint32()
		n := int(padding >> 30)
		dst = le.AppendUint32(dst, uint32(len(payload)+n))
		dst = append(dst, payload...)
		return append(dst, le.AppendUint32(nil, padding)[:n]...)
	default:
		start := len(dst)
		dst = le.AppendUint32(dst, uint32(len(payload)+fullOverhead))
		dst = le.AppendUint32(dst, w.wrote)
		dst = append(dst, payload...)
		w.wrote++
		return le.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
	}
}
