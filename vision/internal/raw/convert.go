package raw

// FromYUYV fills the frame from packed 4:2:2 (Y0 Cb Y1 Cr) of the frame's own size: luma is taken as
// it is, chroma of two rows is averaged. It reports false when src has the wrong length.
func (f *Frame) FromYUYV(src []byte) bool {
	w, h := f.Width, f.Height
	if len(src) != w*h*2 {
		return false
	}
	for y := 0; y < h; y += 2 {
		top := src[y*w*2 : (y+1)*w*2]
		low := src[(y+1)*w*2 : (y+2)*w*2]
		y0 := f.Y[y*w : (y+1)*w]
		y1 := f.Y[(y+1)*w : (y+2)*w]
		cb := f.Cb[y/2*w/2 : (y/2+1)*w/2]
		cr := f.Cr[y/2*w/2 : (y/2+1)*w/2]
		for i := range cb {
			a := top[4*i : 4*i+4 : 4*i+4]
			b := low[4*i : 4*i+4 : 4*i+4]
			y0[2*i], y0[2*i+1] = a[0], a[2]
			y1[2*i], y1[2*i+1] = b[0], b[2]
			cb[i] = byte((int(a[1]) + int(b[1]) + 1) >> 1)
			cr[i] = byte((int(a[3]) + int(b[3]) + 1) >> 1)
		}
	}
	return true
}

// FromNV12 fills the frame from a luma plane followed by interleaved Cb and Cr.
func (f *Frame) FromNV12(src []byte) bool {
	n := f.Width * f.Height
	if len(src) != n+n/2 {
		return false
	}
	copy(f.Y, src)
	c := src[n:]
	for i := range f.Cb {
		f.Cb[i] = c[2*i]
		f.Cr[i] = c[2*i+1]
	}
	return true
}

// FromI420 fills the frame from the three planes one after another.
func (f *Frame) FromI420(src []byte) bool {
	n := f.Width * f.Height
	if len(src) != n+n/2 {
		return false
	}
	copy(f.Y, src)
	copy(f.Cb, src[n:])
	copy(f.Cr, src[n+n/4:])
	return true
}
