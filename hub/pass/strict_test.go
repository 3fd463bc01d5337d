package pass_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vestibule/hub/pass"
)

var (
	timeValue   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
	numberValue = regexp.MustCompile(`^\d+$`)
	bytesValue  = regexp.MustCompile(`^[A-Za-z0-9_-]{22,}$`)
)

// bent returns notes that nobody may accept although each is almost note, which key signed:
// everything that a lenient reader would let pass.
func bent(note string, key ed25519.PrivateKey) []refusedVector {
	body, signature, _ := strings.Cut(note, "\n\n")
	lines := strings.Split(body, "\n")
	other := signText(body+"\n", signKey("stranger"))
	_, foreign, _ := strings.Cut(other, "\n\n")
	name, sig64, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(signature, "\n"), "— "), " ")
	sig, err := base64.StdEncoding.DecodeString(sig64)
	if err != nil {
		panic(err)
	}
	with := func(sig []byte) string {
		return body + "\n\n— " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	}
	cosigned := slices.Clone(sig) // as C2SP's type 4, a cosignature, would be marked
	binary.BigEndian.PutUint32(cosigned, binary.BigEndian.Uint32(sig)^1)

	all := []refusedVector{
		{"signed by another key", other},
		{"signed twice, by another key besides", note + foreign},
		{"signed twice, by another key before", body + "\n\n" + foreign + signature},
		{"signed twice, by the same key", note + signature},
		{"signature of another algorithm", with(cosigned)},
		{"signature with S beyond the group's order", with(append(slices.Clone(sig[:36]), beyond(sig[36:])...))},
		{"signature cut", with(sig[:67])},
		{"signature with a byte more", with(append(slices.Clone(sig), 0))},
		{"signature without its key hash", with(sig[4:])},
		{"signature with another spelling of base64", loosenSignature(note)},
		{"signature in base64url", body + "\n\n— " + name + " " + base64.URLEncoding.EncodeToString(sig) + "\n"},
		{"signature without padding", body + "\n\n— " + name + " " + strings.TrimRight(sig64, "=") + "\n"},
		{"signer's name in capitals", strings.Replace(note, "\n— "+name, "\n— "+strings.ToUpper(name), 1)},
		{"signer's name of another", strings.Replace(note, "\n— "+name, "\n— "+pass.KeyID(publicOf(signKey("stranger"))), 1)},
		{"a dash for the long dash", strings.Replace(note, "\n— ", "\n- ", 1)},
		{"text after the signature", note + "x"},
		{"an empty line after the signature", note + "\n"},
		{"a byte order mark", "\ufeff" + note},
		{"Windows line ends throughout", strings.ReplaceAll(note, "\n", "\r\n")},
		{"no line end at the end", strings.TrimSuffix(note, "\n")},
		{"no signature", body + "\n"},
		{"no text", "\n— " + name + " " + sig64 + "\n"},
		{"empty", ""},
	}
	add := func(why string, lines ...string) {
		all = append(all, refusedVector{why, signText(strings.Join(lines, "\n")+"\n", key)})
	}
	add("an empty line at the end", body, "")
	add("unknown field at the end", body, "friend yes")
	add("unknown field at the beginning", slices.Insert(slices.Clone(lines), 1, "friend yes")...)
	add("a later version", strings.Replace(body, "/v1", "/v2", 1))
	add("header in capitals", slices.Concat([]string{strings.ToUpper(lines[0])}, lines[1:])...)
	add("a space after the header", slices.Concat([]string{lines[0] + " "}, lines[1:])...)
	add("Windows line ends", strings.ReplaceAll(body, "\n", "\r\n")+"\r")
	for i, line := range lines {
		field, value, _ := strings.Cut(line, " ")
		swap := func(why, fresh string) { add(field+": "+why, slices.Replace(slices.Clone(lines), i, i+1, fresh)...) }
		add(field+": left out", slices.Delete(slices.Clone(lines), i, i+1)...)
		add(field+": twice", slices.Insert(slices.Clone(lines), i, line)...)
		if i > 0 && i+1 < len(lines) {
			add(field+": after the next", slices.Replace(slices.Clone(lines), i, i+2, lines[i+1], line)...)
		}
		if i == 0 {
			continue
		}
		swap("in capitals", strings.ToUpper(field)+" "+value)
		swap("a space before", " "+line)
		swap("a tab for the space", field+"\t"+value)
		swap("no value", field+" ")
		swap("no value and no space", field)
		swap("two spaces", field+"  "+value)
		swap("a space after", line+" ")
		swap("a line end of Windows", line+"\r")
		swap("an invisible space after", line+"\u200b")
		swap("a zero byte after", line+"\x00")
		switch {
		case timeValue.MatchString(value):
			swap("time in lower case", field+" "+strings.ToLower(value))
			swap("time with an offset", field+" "+strings.TrimSuffix(value, "Z")+"+00:00")
			swap("time with a fraction", field+" "+strings.TrimSuffix(value, "Z")+".0Z")
			swap("time without seconds", field+" "+value[:16]+"Z")
			swap("time with a space", field+" "+strings.Replace(value, "T", " ", 1))
			swap("a leap second", field+" "+value[:17]+"60Z")
			swap("a day that is none", field+" "+value[:8]+"32"+value[10:])
		case numberValue.MatchString(value):
			swap("a leading zero", field+" 0"+value)
			swap("a sign", field+" +"+value)
			swap("below zero", field+" -"+value)
			swap("a fraction", field+" "+value+".0")
			swap("an exponent", field+" "+value+"e0")
			swap("digits of another script", field+" ٣")
			swap("beyond 64 bits", field+" 18446744073709551617")
		case bytesValue.MatchString(value):
			swap("padded", field+" "+value+"=")
			swap("a byte more", field+" "+value+"AA")
			swap("cut", field+" "+value[:len(value)-2])
			swap("a line break inside", field+" "+value[:5]+"\r"+value[5:])
			swap("a sign of standard base64", field+" +"+value[1:])
			if b, err := b64.DecodeString(value); err == nil && len(b)%3 != 0 {
				swap("loose last bits", field+" "+loosen(b))
			}
		}
	}
	// A signature may happen to be spelt the same in both kinds of base64.
	return slices.DeleteFunc(all, func(r refusedVector) bool { return r.Note == note })
}

// beyond adds the order of Ed25519's group to a signature's S: the same signature to a
// verifier that forgets RFC 8032's 5.1.7, step 1.
func beyond(s []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	le := slices.Clone(s)
	slices.Reverse(le)
	n := new(big.Int).Add(new(big.Int).SetBytes(le), order)
	out := n.FillBytes(make([]byte, 32))
	slices.Reverse(out)
	return out
}

// TestNothingBentIsRead: of every kind of statement, one spelling is read and no other.
func TestNothingBentIsRead(t *testing.T) {
	f, all := statements(t)
	all = append(all, statement{name: "pass", sign: func(k ed25519.PrivateKey) ([]byte, error) { return pass.SignPass(f.terms, k) },
		open: func(b []byte, k ed25519.PublicKey) (any, error) { return pass.OpenPass(b, k) }})
	for _, s := range all {
		key := f.owner
		if s.device {
			key = f.device
		}
		note := string(must(t)(s.sign(key)))
		if _, err := s.open([]byte(note), publicOf(key)); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		n := 0
		for _, r := range bent(note, key) {
			if _, err := s.open([]byte(r.Note), publicOf(key)); err == nil {
				t.Errorf("%s: accepted although %s:\n%q", s.name, r.Why, r.Note)
			}
			n++
		}
		if n < 60 {
			t.Errorf("%s: %d bent notes", s.name, n)
		}
	}
}
