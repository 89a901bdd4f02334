package known

import (
	"slices"

	"github.com/hrnnc/hrnnc/trainer/data/fetch"
)

// Set is a data set that hrnnc knows by name.
type Set struct {
	Name, What string
	// Sequences of the training, validation and test files, steps, values of a step, classes: all with default options.
	Train, Valid, Test, T, D, Classes int
	// Numbers is how many numbers a regression gives, 0 where there are classes.
	Numbers int
	// Hz is how many samples a second has, 0 where that means nothing.
	Hz float64
	// Windows says that its sequences are windows that its authors cut from recordings.
	Windows         bool
	Source, Licence string
	// Folder is where its files lie under $HRNNC_DATA and the cache; System is where a package of the system puts them.
	Folder, System string
	Files          []File
	// URL is the folder that the files can be fetched from, "" where there is none.
	URL string
	// Archive is what its authors publish, where the files were made from that; nil where they are what is published.
	Archive *fetch.Archive
}

// File is one file of a known set: its SHA-256, and that of what it unpacks to when it is compressed, which is the same
// whoever compressed it.
type File struct{ Name, SHA256, Unpacked string }

// Sets are the known sets, one row each.
var Sets = []Set{
	{
		Name: "mnist", What: "handwritten digits, 28 x 28 pixels",
		Train: 60_000, Test: 10_000, T: 784, D: 1, Classes: 10,
		Source: "MNIST (LeCun, Cortes, Burges)", Licence: "CC BY-SA 3.0",
		Folder: "mnist", URL: "https://ossci-datasets.s3.amazonaws.com/mnist/", // the mirror of PyTorch's torchvision
		Files: []File{
			{"train-images-idx3-ubyte.gz", "71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
			{"train-labels-idx1-ubyte.gz", "fe03b8bd7915f70bf5aa08be480aa413fbd85afcaa58b35d230d335f284fd88e", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
			{"t10k-images-idx3-ubyte.gz", "5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
			{"t10k-labels-idx1-ubyte.gz", "ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
		},
	},
	{
		Name: "fashion", What: "clothes, 28 x 28 pixels",
		Train: 60_000, Test: 10_000, T: 784, D: 1, Classes: 10,
		Source: "Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017)", Licence: "MIT",
		Folder: "fashion", System: "/usr/share/datasets/fashion-mnist", // Debian's package dataset-fashion-mnist
		URL: "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
		Files: []File{
			{"train-images-idx3-ubyte.gz", "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
			{"train-labels-idx1-ubyte.gz", "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
			{"t10k-images-idx3-ubyte.gz", "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
			{"t10k-labels-idx1-ubyte.gz", "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
		},
	},
	{
		Name: "mnist1d", What: "curves of 40 steps",
		Train: 4_000, Test: 1_000, T: 40, D: 1, Classes: 10,
		Source: "MNIST-1D (Greydanus, Kobak, 2020)", Licence: "Apache-2.0",
		Folder: "mnist1d",
		Files:  []File{{"mnist1d.npz", "3d540515965b5202ea6ca626a58b4f1c1ee1390770b41aa8fdfb76c640559d7a", ""}},
	},
	{
		Name: "har", What: "six activities, phone at the waist",
		Train: 7_352, Test: 2_947, T: 128, D: 9, Classes: 6, Hz: 50, Windows: true,
		Source: "UCI 240 (Anguita et al., 2013), rebuilt from UCI 341", Licence: hapLicence,
		Folder: "har",
		Files:  harFiles, Archive: harArchive,
	},
	{
		Name: "har2", What: "har in the two classes of FastGRNN",
		Train: 7_352, Test: 2_947, T: 128, D: 9, Classes: 2, Hz: 50, Windows: true,
		Source: "UCI 240 (Anguita et al., 2013), rebuilt from UCI 341", Licence: hapLicence,
		Folder: "har",
		Files:  harFiles, Archive: harArchive,
	},
	{
		Name: "hapt", What: "six activities, accelerometer",
		Train: 7_012, Test: 3_399, T: 128, D: 3, Classes: 6, Hz: 50,
		Source: "UCI 341 (Reyes-Ortiz et al., 2016)", Licence: hapLicence,
		Folder: "hapt",
		Files:  []File{{"hapt_raw.npz", "5f2902cc5e71151fee01f5054985713c9c58bb447621fb1efefe0e2ffaeee1a3", ""}},
		Archive: &fetch.Archive{
			URL:   "https://archive.ics.uci.edu/static/public/341/smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
			Files: []string{"RawData/labels.txt", "RawData/*_exp??_user??.txt"}, Count: 61,
		},
	},
	{
		Name: "fsdd", What: "spoken digits, 8 kHz",
		Train: 2_700, Test: 300, T: 8_192, D: 1, Classes: 10, Hz: 8_000,
		Source: "Free Spoken Digit Dataset (Jackson et al.)", Licence: "CC BY-SA 4.0",
		Folder: "fsdd",
		Files:  []File{{"fsdd_8khz_int16.npz", "1627089781956f601d292a640d89d22124072d18562a571775de3c91076762a0", ""}},
		Archive: &fetch.Archive{
			URL:   "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/26eb9aaf76e81b692f806f9140c2d2777410d7a1.zip",
			Files: []string{"recordings/0_george_0.wav", "recordings/?_*_*.wav"}, Count: 3_000,
		},
	},
	{
		Name: "wakeword", What: "streams of words to wake at, 8 kHz",
		Train: 240, Valid: 123, Test: 120, T: 1874, D: 16, Classes: 2, Hz: 62.5,
		Source: "Picovoice wake-word-benchmark, crowd-sourced; Mycroft Precise-Community-Data", Licence: "Apache-2.0",
		Folder: "wakeword",
		Files:  []File{{"wakeword.npz", "96ab1dd460fe0f82ce4e5064c39f8a09f048454f72b8ca8350c981e248c70f2a", ""}},
	},
	{
		Name: "sst2", What: "sentences of film reviews",
		Train: 60_614, Valid: 6_735, Test: 872, T: 64, D: 1, Classes: 2,
		Source: "Stanford Sentiment Treebank (Socher et al., 2013), nlp.stanford.edu/sentiment; test is GLUE's development set", Licence: "see its page",
		Folder: "sst2",
		Files: []File{
			{"train.tsv.gz", "0efa90b2e2a6370af51d539ec1433121db715ce01f0b75f3d72c4c32bd09b78d", "920e317b2c52e12cd22db1da2c6708312bd7dc4f3712b9bbf1b50ee6c2c792ba"},
			{"dev.tsv.gz", "7743e27add36a252d93055a3cc03cc04b3445fa32a25669e27fe11f5fe0d3ae4", "92353770071a2a889f75d000a38a9e541ea8f0a5499e50f040b17917a5cbf66f"},
			{"test.tsv.gz", "7e233e5d97e96763a82072fd7ede867ed1715ad654559e915bcd7ee190ef1f73", "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0"},
		},
		Archive: &fetch.Archive{
			URL: "https://dl.fbaipublicfiles.com/glue/data/SST-2.zip", MD5: "9f81648d4199384278b86e315dac217c", // as in PyTorch's torchtext
			Files: []string{"SST-2/train.tsv", "SST-2/dev.tsv"}, Count: 68_221,
		},
	},
	{
		Name: "imdb", What: "film reviews",
		Train: 25_000, Test: 25_000, T: 500, D: 1, Classes: 2,
		Source: "Large Movie Review Dataset (Maas et al., 2011), ai.stanford.edu/~amaas/data/sentiment", Licence: "see its page",
		Folder: "imdb",
		Files: []File{
			{"imdb_train.tsv.xz", "2e506bd30cf3620e5dd67ccf46362e527bd609414ecc033d8610a4e6110256e3", "79d548fabcbeb8bb5eb4cbe11daded82100f5e2bd3a00bf9eba4e167012f984d"},
			{"imdb_test.tsv.xz", "d9de4f5c3b3b43e2157e12f918d93f4280aa57757c39e713202afc5736a93346", "ebf9610daeaf8f012fcd98ef0b3f0898a73dd36ed62c247b88f8ee2dbf3ad688"},
		},
		Archive: &fetch.Archive{
			URL: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz", MD5: "7c2ac02c03563afcf9b574c7e56c153a", // as in PyTorch's torchtext
			Files: []string{"train/pos/0_9.txt", "train/???/*_*.txt", "test/???/*_*.txt"}, Count: 50_000,
		},
	},
	{
		Name: "dsa19", What: "19 activities, five sensors on the body",
		Train: 6_840, Test: 2_280, T: 125, D: 45, Classes: 19, Hz: 25, Windows: true,
		Source: "UCI 256 (Altun, Barshan, Tuncel, 2010)", Licence: "CC BY 4.0",
		Folder: "dsa19",
		Files:  []File{{"dsa19.npz", "dc2f501a46583347a0db26c48fe05fc1cb9db56612fc3a0b0429cabb037bda52", ""}},
		Archive: &fetch.Archive{
			URL:   "https://archive.ics.uci.edu/static/public/256/daily+and+sports+activities.zip",
			Files: []string{"a01/p1/s01.txt", "a??/p?/s??.txt"}, Count: 9_120,
		},
	},
	{
		Name: "cmapss", What: "flights that a turbofan has left",
		Train: 20_631, Test: 100, T: 30, D: 14, Numbers: 1,
		Source: "C-MAPSS FD001 (Saxena, Goebel, NASA, 2008)", Licence: "public domain (US Government)",
		Folder: "cmapss",
		Files:  []File{{"cmapss_fd001.npz", "54045f80c9a3df49712032ec1f7f31d3213235a8a6686d971563958ba66a6305", ""}},
	},
	{
		Name: "mitbih", What: "heartbeats, one lead",
		Train: 49_050, Test: 49_705, T: 144, D: 2, Classes: 4, Hz: 60,
		Source: "MIT-BIH Arrhythmia Database (Moody, Mark, 2001), PhysioNet", Licence: "ODC-By 1.0",
		Folder: "mitbih",
		Files:  []File{{"mitbih.npz", "c7bdb05cff5b6d1245ed4bc0002f17ceed465db57879538d3c045073a93e28f4", ""}},
	},
}

// hapLicence is that of both smartphone sets: the archive's README, and what UCI's page says.
const hapLicence = "cite, no commercial use"

var harFiles = []File{{"har.npz", "0a4530aaab0685919284f953ee60d7a9d29abf019adc5387ee1b3b756f98d946", ""}}

// Find gives the known set of a name, nil when there is none.
func Find(name string) *Set {
	i := slices.IndexFunc(Sets, func(k Set) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &Sets[i]
}

// harArchive is the official archive, which both har and har2 can be read from.
var harArchive = &fetch.Archive{
	URL: "https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip",
	Files: []string{"train/Inertial Signals/body_acc_x_train.txt", "train/Inertial Signals/*_train.txt", "train/subject_train.txt", "train/y_train.txt",
		"test/Inertial Signals/*_test.txt", "test/subject_test.txt", "test/y_test.txt"},
	Count: 10_299,
}
