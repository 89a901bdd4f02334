/* Printed by scale_test.go, of ../model.safetensors: say  go generate ./examples/wakeword. */

/* A band v becomes the model's input (gain * v + offset) >> 22, within -128 to 127. */
#define SCALE_SHIFT 22
static const int32_t gain[16] = {
    4878281, 4085789, 3691046, 3594114, 3739653, 3927491, 4064482, 4063037,
    3875570, 3663941, 3667999, 3698893, 3696369, 3804377, 3812493, 4070440,
};
static const int32_t offset[16] = {
    -118015320, -97976540, -106770233, -122036829, -134294306, -120620774, -129494810, -118671584,
    -125196353, -126476609, -122721897, -121781103, -121406287, -119376263, -121761809, -114777691,
};
