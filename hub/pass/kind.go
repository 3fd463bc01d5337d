package pass

import "bytes"

// Kind is what a statement is, from its first line.
type Kind string

// The kinds of statement that are carried to a device and kept for it.
const (
	KindPass   Kind = passHeader
	KindAmend  Kind = amendHeader
	KindOrder  Kind = orderHeader
	KindGrant  Kind = grantHeader
	KindRevoke Kind = revokeHeader
)

// KindOf returns what kind of statement msg claims to be, unverified, so that the caller can
// find the way to open it. Empty when it is none of those above.
func KindOf(msg []byte) Kind {
	first, _, _ := bytes.Cut(msg[:min(len(msg), MaxSize)], []byte("\n"))
	switch k := Kind(first); k {
	case KindPass, KindAmend, KindOrder, KindGrant, KindRevoke:
		return k
	}
	return ""
}
