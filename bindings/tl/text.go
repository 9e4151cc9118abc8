package tl

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gotd/td/bin"
)

// What Text shows of an object at most.
const (
	textDepth    = 3
	textElements = 5
	textBytes    = 400
)

// hidden are the fields that open an account, a call or a chat, or that say
// nothing to a reader. Text leaves them out; bytes are shown by their length.
var hidden = map[string]bool{
	"access_hash": true, "random_id": true, "key_fingerprint": true, "connection_id": true,
	"password": true, "phone_code": true, "phone_code_hash": true, "api_hash": true,
	"email_pattern": true, "token": true, "secret": true, "credentials": true,
	"code": true, "codes": true, "match_code": true, // of a login or a recovery
	"hash": true, "invite_hash": true, // of a link that lets one into a chat; or of a list that is known
	"vcard": true, // has phone numbers in full
}

// isHidden also knows what further layers may call theirs.
func isHidden(name string) bool {
	return hidden[name] || strings.HasSuffix(name, "_token") || strings.HasSuffix(name, "_secret")
}

// Text writes an object for a reader, on one line and in the words of the schema:
// {peer=inputPhoneCall{id=588516572874907240}, duration=0, reason=busy}. It names
// the constructor only where the type has several, leaves secrets out, and cuts
// what is long. The object is only read.
func (m *Module) Text(obj bin.Object) string {
	t := texter{schema: m.schema}
	if o, ok := obj.(typed); ok {
		if e := m.schema.ids[o.TypeID()]; e != nil {
			if !e.method {
				t.b.WriteString(e.name)
			}
			t.fields(reflect.ValueOf(obj).Elem(), m.schema.plan(e), 0)
			return t.b.String()
		}
	}
	return fmt.Sprintf("%T", obj)
}

type texter struct {
	schema *schema
	b      strings.Builder
}

func (t *texter) fields(v reflect.Value, p *plan, depth int) {
	if depth > textDepth {
		t.b.WriteString("{…}")
		return
	}
	var words [maxWords]uint64
	for i, index := range p.words {
		words[i] = v.Field(index).Uint()
	}
	open := "{"
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index)
		if isHidden(f.name) || f.word >= 0 && words[f.word]&(1<<f.bit) == 0 && fv.IsZero() {
			continue
		}
		t.b.WriteString(open)
		open = ", "
		if t.b.Len() > textBytes {
			t.b.WriteString("…")
			break
		}
		t.b.WriteString(f.name + "=")
		switch phone := strings.HasPrefix(f.name, "phone"); {
		case phone && f.typ.kind == kindString:
			number := fv.String()
			t.b.WriteString("…" + number[max(0, len(number)-2):])
		case phone && f.typ.kind == kindVector:
			fmt.Fprintf(&t.b, "<%d numbers>", fv.Len())
		default:
			t.value(fv, &f.typ, depth)
		}
	}
	if open != "{" {
		t.b.WriteString("}")
	}
}

func (t *texter) value(v reflect.Value, of *typ, depth int) {
	switch of.kind {
	case kindTrue, kindBool:
		t.b.WriteString(strconv.FormatBool(v.Bool()))
	case kindInt, kindLong, kindPeerID:
		t.b.WriteString(strconv.FormatInt(v.Int(), 10))
	case kindDouble:
		t.b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case kindString:
		t.b.WriteString(strconv.Quote(short(v.String())))
	case kindBytes, kindInt128, kindInt256:
		fmt.Fprintf(&t.b, "<%d bytes>", v.Len())
	case kindStruct:
		t.fields(v, t.schema.plan(of.class.members[0]), depth+1)
	case kindVector:
		t.vector(v, of.elem, depth)
	default:
		t.class(v, of.class, depth)
	}
}

func (t *texter) vector(v reflect.Value, elem *typ, depth int) {
	t.b.WriteString("[")
	for i := range v.Len() {
		if i > 0 {
			t.b.WriteString(", ")
		}
		if i == textElements {
			fmt.Fprintf(&t.b, "… %d more", v.Len()-i)
			break
		}
		t.value(v.Index(i), elem, depth)
	}
	t.b.WriteString("]")
}

// class writes an object of a type with several constructors: a member without
// fields by its short name.
func (t *texter) class(v reflect.Value, c *class, depth int) {
	if v.IsNil() {
		t.b.WriteString("nil")
		return
	}
	o, ok := v.Interface().(typed)
	if !ok || t.schema.ids[o.TypeID()] == nil {
		fmt.Fprintf(&t.b, "%s", v.Elem().Type())
		return
	}
	e := t.schema.ids[o.TypeID()]
	if short := e.name[min(len(c.name), len(e.name)):]; e.fields == "" && short != "" && c.isShort(e, strings.ToLower(short[:1])+short[1:]) {
		t.b.WriteString(strings.ToLower(short[:1]) + short[1:])
		return
	}
	t.b.WriteString(e.name)
	t.fields(v.Elem().Elem(), t.schema.plan(e), depth)
}
