// Runs a Lua script that it reads from its input. Lua's source is obtained by ./dev (sources/).
// Compiled as C, Lua's errors and the switches of its coroutines are longjmps; compiled as C++,
// they are exceptions.
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int main(void) {
  static char script[64 * 1024];
  const size_t size = fread(script, 1, sizeof script, stdin);
  lua_State* const state = luaL_newstate();
  if (state == NULL) return 1;
  luaL_requiref(state, LUA_GNAME, luaopen_base, 1);
  luaL_requiref(state, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(state, LUA_STRLIBNAME, luaopen_string, 1);
  luaL_requiref(state, LUA_MATHLIBNAME, luaopen_math, 1);
  luaL_requiref(state, LUA_COLIBNAME, luaopen_coroutine, 1);
  lua_settop(state, 0);
  int status = luaL_loadbuffer(state, script, size, "=script");
  if (status == LUA_OK) status = lua_pcall(state, 0, 0, 0);
  if (status != LUA_OK) printf("failed: %s\n", lua_tostring(state, -1));
  lua_close(state);
  return status;
}
