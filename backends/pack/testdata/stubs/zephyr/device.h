/* As much of Zephyr's header as the sample needs, to see that it compiles. */
#include <stdbool.h>
struct device { int unused; };
#define DT_CHOSEN(name) chosen_##name
#define DEVICE_DT_GET(node) (&node)
extern const struct device chosen_zephyr_console;
bool device_is_ready(const struct device *dev);
