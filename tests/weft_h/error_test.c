// Errors: what they tell, whose payload they carry, and how they become traps and come back.
#include "tests/weft_h/c_test.h"

static void names_are_the_enumerators(void) {
  CHECK(is_str(weft_errc_name(WEFT_ERRC_MALFORMED), "malformed"));
  CHECK(is_str(weft_errc_name(WEFT_ERRC_WRONG_STORE), "wrong_store"));
  CHECK(is_str(weft_errc_name(WEFT_ERRC_USAGE), "usage"));
  CHECK(is_str(weft_errc_name(WEFT_ERRC_USAGE + 1), ""));
  CHECK(is_str(weft_trap_text(WEFT_TRAP_UNREACHABLE), "unreachable"));
  CHECK(is_str(weft_trap_text(WEFT_TRAP_OUT_OF_MEMORY), "out of memory"));
  CHECK(is_str(weft_trap_text(WEFT_TRAP_OUT_OF_MEMORY + 1), ""));
  CHECK(strcmp(weft_version(), "0.1.0") == 0);
}

static void an_error_says_what_it_was_made_with(void) {
  weft_error_t* error = weft_error_new(WEFT_ERRC_NOT_FOUND, weft_str("nothing"));
  weft_trap_code_t trap = 0;
  int32_t status = 0;
  uint64_t offset = 0;
  int os_error = 0;
  CHECK(weft_error_code(error) == WEFT_ERRC_NOT_FOUND);
  CHECK(strcmp(weft_error_message(error).data, "nothing") == 0);
  CHECK(!weft_error_trap_code(error, &trap) && !weft_error_exit_status(error, &status));
  CHECK(!weft_error_byte_offset(error, &offset) && !weft_error_os_error(error, &os_error));
  weft_error_add_context(error, weft_str("here"));
  weft_error_t* copy = weft_error_copy(error);
  weft_error_delete(error);
  CHECK(is_str(weft_error_message(copy), "here: nothing"));
  weft_error_delete(copy);
  FAILS(WEFT_ERRC_HOST, weft_error_new(200, weft_str("no such code")));
}

static void traps_and_exits_have_numbers(void) {
  weft_error_t* trap = weft_error_new_trap(WEFT_TRAP_CAST_FAILURE, weft_str("not a cat"));
  weft_trap_code_t code = 0;
  CHECK(weft_error_code(trap) == WEFT_ERRC_TRAP);
  CHECK(weft_error_trap_code(trap, &code) && code == WEFT_TRAP_CAST_FAILURE);
  CHECK(is_str(weft_error_message(trap), "cast failure: not a cat"));
  CHECK(!weft_error_trap_code(trap, NULL));
  weft_error_delete(trap);
  FAILS(WEFT_ERRC_HOST, weft_error_new_trap(200, weft_str("no such code")));
  weft_error_t* end = weft_error_new_exit(-3);
  int32_t status = 0;
  CHECK(weft_error_exit_status(end, &status) && status == -3);
  FAILS(WEFT_ERRC_EXIT, end);
}

static void null_errors_read_as_nothing(void) {
  wasm_byte_vec_t text;
  weft_frame_t frame;
  CHECK(weft_error_code(NULL) == WEFT_ERRC_USAGE);
  CHECK(is_str(weft_error_message(NULL), ""));
  CHECK(weft_error_copy(NULL) == NULL);
  CHECK(weft_error_frame_count(NULL) == 0 && !weft_error_frame(NULL, 0, &frame));
  CHECK(weft_error_payload(NULL, count_call) == NULL);
  CHECK(weft_error_to_trap(NULL, NULL) == NULL && weft_error_from_trap(NULL) == NULL);
  weft_error_describe(NULL, &text);
  CHECK(is_text(&text, ""));
  weft_error_add_context(NULL, weft_str("x"));
  weft_error_delete(NULL);
}

static void a_payload_is_finalized_with_the_last_copy(void) {
  int count = 0;
  weft_error_t* error = weft_error_new_host(weft_str("mine"), &count, count_call);
  CHECK(weft_error_code(error) == WEFT_ERRC_HOST);
  CHECK(weft_error_payload(error, count_call) == &count);
  CHECK(weft_error_payload(error, count_other) == NULL);
  CHECK(weft_error_payload(error, NULL) == NULL);
  weft_error_t* copy = weft_error_copy(error);
  weft_error_delete(error);
  CHECK(count == 0);
  CHECK(weft_error_payload(copy, count_call) == &count);
  weft_error_delete(copy);
  CHECK(count == 1);
}

static void a_payload_that_was_taken_is_not_finalized(void) {
  int count = 0;
  weft_error_t* error = weft_error_new_host(weft_str("mine"), &count, count_call);
  weft_error_t* copy = weft_error_copy(error);
  CHECK(weft_error_take_payload(error, count_other) == NULL);
  CHECK(weft_error_take_payload(error, count_call) == &count);
  CHECK(weft_error_payload(copy, count_call) == NULL);
  weft_error_delete(error);
  weft_error_delete(copy);
  CHECK(count == 0);
}

static void an_error_goes_through_a_trap_and_back(void) {
  int count = 0;
  world_t world = world_new(NULL);
  wasm_trap_t* trap =
      weft_error_to_trap(world.store, weft_error_new_host(weft_str("mine"), &count, count_call));
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  CHECK(strcmp(message.data, "mine") == 0);
  wasm_byte_vec_delete(&message);
  weft_error_t* back = weft_error_from_trap(trap);
  wasm_trap_delete(trap);
  CHECK(weft_error_payload(back, count_call) == &count && count == 0);
  weft_error_delete(back);
  CHECK(count == 1);
  trap = weft_error_to_trap(NULL, weft_error_new_exit(2));
  FAILS(WEFT_ERRC_EXIT, weft_error_from_trap(trap));
  wasm_trap_delete(trap);
  world_delete(&world);
}

static void a_trap_has_the_guests_stack(void) {
  world_t world = world_new("plain");
  weft_error_t* error = call_export(world.instance, "outer");
  weft_trap_code_t code = 0;
  weft_frame_t frame;
  wasm_byte_vec_t text;
  CHECK(weft_error_trap_code(error, &code) && code == WEFT_TRAP_UNREACHABLE);
  CHECK(weft_error_frame_count(error) == 2);
  CHECK(weft_error_frame(error, 0, &frame));
  CHECK(is_str(frame.func_name, "inner") && is_str(frame.module_name, "plain"));
  CHECK(frame.func_index == 2 && frame.module_offset > frame.func_offset);
  CHECK(weft_error_frame(error, 1, &frame) && is_str(frame.func_name, "outer"));
  CHECK(!weft_error_frame(error, 2, &frame) && !weft_error_frame(error, 0, NULL));
  weft_error_describe(error, &text);
  CHECK(has_text(&text, "outer"));
  weft_error_delete(error);
  world_delete(&world);
}

static void a_bad_module_says_where(void) {
  static const unsigned char kBad[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 99, 0};
  wasm_engine_t* engine = wasm_engine_new();
  wasm_module_t* module = NULL;
  uint64_t offset = 0;
  int os_error = 0;
  weft_error_t* error = weft_module_new(engine, kBad, sizeof kBad, &module);
  CHECK(weft_error_code(error) == WEFT_ERRC_MALFORMED && module == NULL);
  CHECK(weft_error_byte_offset(error, &offset) && offset == 8);
  weft_error_delete(error);
  error = weft_module_from_file(engine, weft_str("/nowhere/at.all"), false, &module);
  CHECK(weft_error_code(error) == WEFT_ERRC_IO && weft_error_os_error(error, &os_error));
  CHECK(os_error != 0);
  weft_error_delete(error);
  wasm_engine_delete(engine);
}

const c_test_t error_tests[] = {
    {"NamesAreTheEnumerators", names_are_the_enumerators},
    {"AnErrorSaysWhatItWasMadeWith", an_error_says_what_it_was_made_with},
    {"TrapsAndExitsHaveNumbers", traps_and_exits_have_numbers},
    {"NullErrorsReadAsNothing", null_errors_read_as_nothing},
    {"APayloadIsFinalizedWithTheLastCopy", a_payload_is_finalized_with_the_last_copy},
    {"APayloadThatWasTakenIsNotFinalized", a_payload_that_was_taken_is_not_finalized},
    {"AnErrorGoesThroughATrapAndBack", an_error_goes_through_a_trap_and_back},
    {"ATrapHasTheGuestsStack", a_trap_has_the_guests_stack},
    {"ABadModuleSaysWhere", a_bad_module_says_where},
    {NULL, NULL},
};
