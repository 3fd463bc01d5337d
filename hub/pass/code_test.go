package pass_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"vestibule/hub/pass"
)

// fixedDraw feeds NewCode with chosen 32-bit draws.
func fixedDraw(draws ...uint32) io.Reader {
	var b []byte
	for _, d := range draws {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return bytes.NewReader(b)
}

func TestCodeCatchesEverySlip(t *testing.T) {
	for n := range uint32(2000) {
		c, err := pass.NewCode(fixedDraw(n * 49_999))
		if err != nil {
			t.Fatal(err)
		}
		digits := c.Digits()
		if got, err := pass.ParseCode(digits); err != nil || !got.Equal(c) {
			t.Fatalf("%s does not come back: %v", digits, err)
		}
		for i := range digits {
			for d := byte('0'); d <= '9'; d++ {
				if d == digits[i] {
					continue
				}
				slip := digits[:i] + string(d) + digits[i+1:]
				if _, err := pass.ParseCode(slip); !errors.Is(err, pass.ErrTypo) {
					t.Fatalf("%s typed as %s: %v, want ErrTypo", digits, slip, err)
				}
			}
			if i > 0 && digits[i] != digits[i-1] {
				slip := digits[:i-1] + string(digits[i]) + string(digits[i-1]) + digits[i+1:]
				if _, err := pass.ParseCode(slip); !errors.Is(err, pass.ErrTypo) {
					t.Fatalf("%s typed as %s: %v, want ErrTypo", digits, slip, err)
				}
			}
		}
	}
}

func TestCodeAsTyped(t *testing.T) {
	c, err := pass.NewCode(fixedDraw(12345678))
	if err != nil {
		t.Fatal(err)
	}
	d := c.Digits()
	if want := d[:3] + " " + d[3:6] + " " + d[6:]; c.String() != want {
		t.Errorf("shown as %q, want %q", c, want)
	}
	for _, typed := range []string{c.String(), strings.ReplaceAll(c.String(), " ", "-"), " " + d + " ", d[:3] + "\u00a0" + d[3:6] + "\u202f" + d[6:]} {
		if got, err := pass.ParseCode(typed); err != nil || !got.Equal(c) {
			t.Errorf("typed as %q: %v", typed, err)
		}
	}
	for _, typed := range []string{"", d[:8], d + "0", "12345678a", "١٢٣٤٥٦٧٨٩", d[:8] + "\n", strings.Repeat("0", 1<<20)} {
		if _, err := pass.ParseCode(typed); !errors.Is(err, pass.ErrNoCode) {
			t.Errorf("typed as %.20q: %v, want ErrNoCode", typed, err)
		}
	}
}

func TestZeroCodeMatchesNothing(t *testing.T) {
	var zero pass.Code
	c, _ := pass.NewCode(rand.Reader)
	if zero.Equal(zero) || zero.Equal(c) || c.Equal(zero) || zero.String() != "" {
		t.Error("the zero code matches something")
	}
}

// TestNewCodeIsUniform: draws that would favour small codes are thrown away, and each
// digit comes about equally often in each place (chi-squared, 9 degrees of freedom).
func TestNewCodeIsUniform(t *testing.T) {
	c, err := pass.NewCode(fixedDraw(math.MaxUint32, 4_200_000_000, 4_199_999_999))
	if err != nil || !strings.HasPrefix(c.Digits(), "99999999") {
		t.Errorf("drew %s, %v; want the third draw", c.Digits(), err)
	}
	if _, err := pass.NewCode(fixedDraw(math.MaxUint32)); err == nil {
		t.Error("a code was made without random bytes")
	}
	const n = 20_000
	var seen [pass.CodeDigits][10]int
	different := map[string]bool{}
	for range n {
		c, err := pass.NewCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		different[c.Digits()] = true
		for i := range pass.CodeDigits {
			seen[i][c.Digits()[i]-'0']++
		}
	}
	for i, counts := range seen {
		var chi float64
		for _, k := range counts {
			d := float64(k) - n/10
			chi += d * d / (n / 10)
		}
		if chi > 45 { // p below 1e-6
			t.Errorf("place %d: chi-squared %.1f for %v", i, chi, counts)
		}
	}
	if len(different) < n-20 { // 2 repeats are to be expected
		t.Errorf("%d different codes of %d", len(different), n)
	}
}

func TestSealRoundTrip(t *testing.T) {
	f := newFixture(t)
	id := f.terms.Device
	s, err := pass.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := pass.Seal(s, id, fixedDelivery, f.seal.Public())
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.seal.Unseal(sealed, id, fixedDelivery)
	if err != nil || !got.Code.Equal(s.Code) || got.Key != s.Key {
		t.Fatalf("unsealed %v, %v", got.Code, err)
	}
	if bytes.Contains(sealed, []byte(s.Code.Digits())) || bytes.Contains(sealed, s.Key[:]) {
		t.Error("the sealed text shows the secret")
	}
	again, _ := pass.Seal(s, id, fixedDelivery, f.seal.Public())
	if bytes.Equal(sealed, again) {
		t.Error("the same code seals to the same bytes")
	}
	private, _ := f.seal.Bytes()
	back, err := pass.ParseSealKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := back.Unseal(sealed, id, fixedDelivery); err != nil {
		t.Error(err)
	}
}

func TestUnsealRefuses(t *testing.T) {
	f := newFixture(t)
	id, sealed := f.terms.Device, f.terms.Sealed
	try, err := pass.SealTry(f.secret.Code.Digits(), id, fixedDelivery, seed("knock"), f.seal.Public())
	if err != nil {
		t.Fatal(err)
	}
	other, err := pass.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	code := func(k pass.SealKey, b []byte, device, delivery string) error {
		_, err := k.Unseal(b, device, delivery)
		return err
	}
	typed := func(k pass.SealKey, b []byte, device, delivery string) error {
		_, err := k.UnsealTry(b, device, delivery, seed("knock"))
		return err
	}
	if err := typed(f.seal, try, id, fixedDelivery); err != nil {
		t.Fatal(err)
	}
	_, later := f.seal.UnsealTry(try, id, fixedDelivery, seed("another knock"))
	for what, err := range map[string]error{
		"try, another nonce":        later,
		"code, another device":      code(f.seal, sealed, "other", fixedDelivery),
		"code, another delivery":    code(f.seal, sealed, id, "other"),
		"code, another key":         code(other, sealed, id, fixedDelivery),
		"code, no key":              code(pass.SealKey{}, sealed, id, fixedDelivery),
		"code, passed off as a try": typed(f.seal, sealed, id, fixedDelivery),
		"code, cut":                 code(f.seal, sealed[:len(sealed)-1], id, fixedDelivery),
		"code, nothing":             code(f.seal, nil, id, fixedDelivery),
		"try, passed off as a code": code(f.seal, try, id, fixedDelivery),
		"try, another device":       typed(f.seal, try, "other", fixedDelivery),
		"try, another delivery":     typed(f.seal, try, id, "other"),
		"try, another key":          typed(other, try, id, fixedDelivery),
		"try, a line in the names":  typed(f.seal, try, id+"\n"+fixedDelivery, ""),
	} {
		if !errors.Is(err, pass.ErrSeal) {
			t.Errorf("%s: %v, want ErrSeal", what, err)
		}
	}
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		// X25519 ignores the top bit of the last byte of a public key (RFC 7748, 5), and
		// HPKE binds the bytes as sent, so even that one must be refused.
		if err := code(f.seal, bad, id, fixedDelivery); err == nil {
			t.Fatalf("accepted with bit %d of byte %d flipped", i%8, i/8)
		}
	}
	if _, err := pass.SealTry(strings.Repeat("1", 65), id, fixedDelivery, seed("knock"), f.seal.Public()); !errors.Is(err, pass.ErrForm) {
		t.Errorf("a try of 65 characters: %v", err)
	}
	if err := typed(f.seal, make([]byte, 1<<20), id, fixedDelivery); !errors.Is(err, pass.ErrTooLarge) {
		t.Errorf("a try of a megabyte: %v", err)
	}
	if _, err := pass.Seal(f.secret, id, fixedDelivery, []byte("short")); err == nil {
		t.Error("sealed to no key")
	}
}

func ExampleParseCode() {
	for _, typed := range []string{"572 572 572", "862 243 388", "862 243 389", "1234"} {
		c, err := pass.ParseCode(typed)
		fmt.Println(c, err)
	}
	// Output:
	//  check digit does not fit
	// 862 243 388 <nil>
	//  check digit does not fit
	//  a code has nine digits
}
