//go:build libtorch

package train

import "github.com/roentgo/roentgo/internal/noise"

// The streams of the random numbers of a training. The image number of the
// generator is the step or the epoch.
const (
	streamOrder     = noise.StreamTraining + 1 + iota // of the images; image number: epoch
	streamPosterior                                   // noise of the posterior
	streamNoise                                       // noise that the U-Net learns to predict
	streamTimestep
	streamNull      // which captions become the null condition
	streamBalance   // where an epoch begins among the weights of the images
	streamVersion   // which version of an image's latent is shown
	streamChange    // how an image is changed for a version
	streamShuffle   // which captions an evaluation swaps
	streamGrainReal // noise on the images that the discriminator sees
	streamGrainMade // and on what the autoencoder makes of them
)
