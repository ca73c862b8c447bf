package sampler

import (
	"fmt"
	"slices"
	"strings"
)

// CrossAttention names the attention maps of the U-Net over the words of a
// prompt, for Request.Observe.
func (s *Sampler) CrossAttention() []string {
	var names []string
	attention := s.description.Model.UNetCrossAttention
	for i, on := range attention {
		if on {
			names = append(names, fmt.Sprintf("unet.down.%d.attn.cross_attn", i), fmt.Sprintf("unet.up.%d.attn.cross_attn", len(attention)-1-i))
		}
	}
	return names
}

// WordMap says where a word of the prompt looks: Size×Size values in [0, 1],
// row-major, over the whole image.
type WordMap struct {
	Word string
	Size int
	Map  []float32
}

// WordMaps adds the observed cross-attention of image k over heads and levels,
// one map per word, each divided by its largest value: the heat maps of Tang et al.
// 2023, section 3. The result must be of a request that observed
// [Sampler.CrossAttention]. Maps of coarser levels are enlarged bilinearly to
// the latent's size. Without a prompt there are none.
func (s *Sampler) WordMaps(r *Result, k int) ([]WordMap, error) {
	if s.tokens == nil {
		return nil, nil
	}
	settings := r.Images[k].Settings
	tokens, err := s.tokens.Tokens(settings.Prompt, settings.Truncate)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	size := s.description.Model.LatentSize()
	maps := make([][]float32, len(tokens))
	for t := range maps {
		maps[t] = make([]float32, size*size)
	}
	for _, name := range s.CrossAttention() {
		o, ok := r.Observed[name]
		if !ok {
			return nil, fmt.Errorf("%w: the request did not observe %q", ErrRequest, name)
		}
		if err := addMaps(maps, o, k, size); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	var list []WordMap
	joined := false // the token belongs to the word before it
	for t, token := range tokens {
		piece, continued := strings.CutPrefix(token, "##")
		switch {
		case token == "-" && len(list) > 0:
			joined = true
			list[len(list)-1].Word += token
			continue
		case !isWord(piece):
			joined = false
			continue
		case len(list) > 0 && (continued || joined):
			last := &list[len(list)-1]
			last.Word += piece
			for i, v := range maps[t] {
				last.Map[i] += v
			}
		default:
			list = append(list, WordMap{token, size, maps[t]})
		}
		joined = false
	}
	for i := range list {
		list[i].Word = strings.TrimRight(list[i].Word, "-")
		if most := slices.Max(list[i].Map); most > 0 {
			for j := range list[i].Map {
				list[i].Map[j] /= most
			}
		}
	}
	return list, nil
}

// isWord reports whether a token is more than a mark or a special token.
func isWord(token string) bool {
	return strings.IndexFunc(token, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > '~'
	}) >= 0 && !strings.HasPrefix(token, "[")
}

// addMaps adds the attention (images, heads, side², tokens) of image k, head
// by head, to maps of size² values a token. Tokens beyond the prompt's are
// padding.
func addMaps(maps [][]float32, o Tensor, k, size int) error {
	heads, queries, keys := o.Shape[1], o.Shape[2], o.Shape[3]
	side := 1
	for side*side < queries {
		side++
	}
	if side*side != queries || keys < len(maps) {
		return fmt.Errorf("%w: attention of shape %v fits no map of %d tokens", ErrRequest, o.Shape, len(maps))
	}
	plane := make([]float32, queries)
	for t := range maps {
		clear(plane)
		for h := range heads {
			at := o.Values[((k*heads+h)*queries)*keys+t:]
			for q := range plane {
				plane[q] += at[q*keys]
			}
		}
		enlarge(maps[t], size, plane, side)
	}
	return nil
}

// enlarge adds a plane of side² values to dst of size², bilinearly, with the
// centres of the corners' pixels kept within the plane.
func enlarge(dst []float32, size int, plane []float32, side int) {
	scale := float32(side) / float32(size)
	at := func(i int) (low, high int, part float32) {
		x := max((float32(i)+0.5)*scale-0.5, 0)
		low = min(int(x), side-1)
		return low, min(low+1, side-1), x - float32(low)
	}
	for y := range size {
		y0, y1, fy := at(y)
		for x := range size {
			x0, x1, fx := at(x)
			top := plane[y0*side+x0]*(1-fx) + plane[y0*side+x1]*fx
			bottom := plane[y1*side+x0]*(1-fx) + plane[y1*side+x1]*fx
			dst[y*size+x] += top*(1-fy) + bottom*fy
		}
	}
}
