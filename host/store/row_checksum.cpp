#include "host/store/row_checksum.hpp"

#include <sqlite3.h>
#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <new>

namespace vnsweep {
namespace {

struct StateFree {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

template <class T>
void add(XXH3_state_t& state, const T& number) {
  XXH3_64bits_update(&state, &number, sizeof(number));
}

void add_bytes(XXH3_state_t& state, const void* data, int size) {
  add(state, std::int64_t{size});
  if (size > 0) XXH3_64bits_update(&state, data, static_cast<std::size_t>(size));
}

void add_value(XXH3_state_t& state, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  add(state, static_cast<std::int64_t>(type));
  switch (type) {
    case SQLITE_INTEGER:
      add(state, sqlite3_value_int64(value));
      break;
    case SQLITE_FLOAT:
      add(state, sqlite3_value_double(value) + 0.0);  // the file keeps no sign of zero
      break;
    case SQLITE_TEXT: {
      const void* text = sqlite3_value_text(value);
      add_bytes(state, text, sqlite3_value_bytes(value));
      break;
    }
    case SQLITE_BLOB: {
      const void* blob = sqlite3_value_blob(value);
      add_bytes(state, blob, sqlite3_value_bytes(value));
      break;
    }
    default:
      break;  // null has no content
  }
}

void row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  const std::unique_ptr<XXH3_state_t, StateFree> state(XXH3_createState());
  if (state == nullptr) {
    sqlite3_result_error_nomem(context);
    return;
  }
  XXH3_64bits_reset(state.get());
  for (int k = 0; k < count; ++k)
    add_value(*state, values[k]);
  sqlite3_result_int64(context, static_cast<std::int64_t>(XXH3_64bits_digest(state.get())));
}

}  // namespace

int add_row_checksum(sqlite3* connection) {
  constexpr int kAnyNumber = -1;
  return sqlite3_create_function_v2(connection, "row_checksum", kAnyNumber,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, row_checksum,
                                    nullptr, nullptr, nullptr);
}

}  // namespace vnsweep
