package tl

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gotd/td/bin"
)

// generator makes random objects of any constructor, from the plans alone.
type generator struct {
	*rand.Rand
	schema *schema
	height map[string]int // of the least object of a class
}

func newGenerator(s *schema, seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), schema: s, height: map[string]int{}}
	for changed := true; changed; {
		changed = false
		for name, c := range s.classes {
			for _, e := range c.members {
				h, ok := g.heightOf(e)
				if old, known := g.height[name]; ok && (!known || h < old) {
					g.height[name], changed = h, true
				}
			}
		}
	}
	return g
}

// heightOf gives how deep the least object of e is, if that is known yet.
func (g *generator) heightOf(e *entry) (int, bool) {
	height := 1
	for _, f := range g.schema.plan(e).fields {
		if f.word >= 0 || f.typ.class == nil {
			continue
		}
		h, ok := g.height[f.typ.class.name]
		if !ok {
			return 0, false
		}
		height = max(height, h+1)
	}
	return height, true
}

// object makes an object at most about depth deep.
func (g *generator) object(e *entry, depth int) bin.Object {
	object := e.newObject()
	g.fill(g.schema.plan(e), reflect.ValueOf(object).Elem(), depth)
	return object
}

func (g *generator) fill(p *plan, dst reflect.Value, depth int) {
	bits := map[[2]int]bool{}
	for i := range p.fields {
		f := &p.fields[i]
		if f.word >= 0 {
			key := [2]int{f.word, f.bit}
			present, decided := bits[key]
			if !decided {
				present = depth > 0 && g.IntN(2) == 0
				bits[key] = present
			}
			if !present {
				continue
			}
			word := dst.Field(p.words[f.word])
			word.SetUint(word.Uint() | 1<<f.bit)
		}
		g.value(&f.typ, dst.Field(f.index), depth-1)
	}
}

func (g *generator) value(t *typ, dst reflect.Value, depth int) {
	switch t.kind {
	case kindTrue:
		dst.SetBool(true)
	case kindBool:
		dst.SetBool(g.IntN(2) == 0)
	case kindInt:
		dst.SetInt(int64(int32(g.long())))
	case kindLong:
		dst.SetInt(g.long())
	case kindPeerID:
		dst.SetInt(g.long() >> 11)
	case kindDouble:
		dst.SetFloat(g.double())
	case kindString:
		dst.SetString(string(g.text()))
	case kindBytes:
		dst.SetBytes(g.text())
	case kindInt128, kindInt256:
		for i := range dst.Len() {
			dst.Index(i).SetUint(uint64(g.IntN(256)))
		}
	case kindVector:
		n := g.IntN(4)
		if depth <= 0 {
			n = 0
		}
		dst.Set(reflect.MakeSlice(dst.Type(), n, n))
		for i := range n {
			g.value(t.elem, dst.Index(i), depth-1)
		}
	case kindStruct:
		g.fill(g.schema.plan(t.class.members[0]), dst, depth)
	case kindClass:
		dst.Set(reflect.ValueOf(g.object(g.member(t.class, depth), depth)))
	}
}

// member chooses a constructor of c, the least one when depth is used up.
func (g *generator) member(c *class, depth int) *entry {
	if depth > 0 {
		return c.members[g.IntN(len(c.members))]
	}
	least, leastHeight := c.members[0], math.MaxInt
	for _, e := range c.members {
		if h, _ := g.heightOf(e); h < leastHeight {
			least, leastHeight = e, h
		}
	}
	return least
}

// long gives numbers of all lengths, and the edges more often than chance would.
func (g *generator) long() int64 {
	switch g.IntN(8) {
	case 0:
		edges := []int64{0, -1, 1, math.MinInt64, math.MaxInt64, 1<<53 - 1, 1 << 53, 1<<53 + 1}
		return edges[g.IntN(len(edges))]
	default:
		return int64(g.Uint64()) >> g.IntN(64)
	}
}

func (g *generator) double() float64 {
	for {
		if f := math.Float64frombits(g.Uint64()); !math.IsNaN(f) {
			return f
		}
	}
}

func (g *generator) text() []byte {
	b := make([]byte, g.IntN(12))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

// encoded gives the bytes of an object.
func encoded(t testing.TB, object bin.Encoder) string {
	t.Helper()
	var b bin.Buffer
	if err := object.Encode(&b); err != nil {
		t.Fatalf("encode %T: %v", object, err)
	}
	return hex.EncodeToString(b.Buf)
}
