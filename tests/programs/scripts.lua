-- What tests/programs/scripts.c runs. Prints nothing that depends on addresses or on the order of a table's keys.
math.randomseed(42)

-- Errors of all kinds, through Lua and C.
print(pcall(error, 'a', 0), pcall(error, {}) == false, select('#', pcall(error)))
print(pcall(function() local x = nil; return x.y end))
print(pcall(string.rep))
print(xpcall(function() error('deep', 0) end, function(m) return m .. ' handled' end))
print(select(2, pcall(load('return 1'))))
print(load('return +'))
local function nest(n)
  if n == 0 then error('bottom', 0) end
  local _, m = pcall(nest, n - 1)
  error(m .. n % 10, 0)
end
print(pcall(nest, 30))
local t = setmetatable({}, {
  __index = function(_, k) error('no ' .. k, 0) end,
  __close = function() print('closed') end
})
print(pcall(function() return t.field end))
print(pcall(function() local c <close> = t; error('while open', 0) end))
print(pcall(function() local function f() return f() + 1 end; return f() end) == false)
local sorted, wrong = {5, 3, 8, 1}, {1, 'a', 2}
table.sort(sorted)
print(table.concat(sorted, ' '), pcall(table.sort, wrong))

-- Coroutines: generators, errors inside, yields across pcall.
local function count(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end)
end
local s = 0
for i in count(20000) do s = s + i end
print(s)
local co = coroutine.create(function(a)
  local b = coroutine.yield(a * 2)
  local _, m = pcall(function() coroutine.yield(b * 3); error('in coroutine', 0) end)
  coroutine.yield(m)
  error('last', 0)
end)
for i = 1, 6 do print(coroutine.resume(co, i)) end
print(coroutine.status(co), coroutine.isyieldable())
local function permutations(a, n)
  if n == 0 then coroutine.yield(a) end
  for i = 1, n do
    a[n], a[i] = a[i], a[n]
    permutations(a, n - 1)
    a[n], a[i] = a[i], a[n]
  end
end
local c, last = 0, nil
for p in coroutine.wrap(function() permutations({1, 2, 3, 4, 5, 6, 7}, 7) end) do
  c = c + 1
  last = p[1]
end
print(c, last)

-- Strings, patterns, numbers, closures, collection.
print(('the quick brown fox'):gsub('%w+', function(w) return w:sub(1, 1):upper() .. w:sub(2) end))
print(string.format('%5.2f|%-6d|%x|%q|%g', math.pi, 42, 255, 'a\nb', 1e100))
print(7 // 2, -7 % 3, 2 ^ 0.5, 1 << 40, 10 / 3, math.maxinteger + 1 == math.mininteger, 3 | 4.0)
print(pcall(function() return 1 | 1.5 end))
local words = {}
for i = 1, 3000 do words[#words + 1] = string.format('%d:%s', i, string.rep('x', i % 17)) end
local all = table.concat(words)
print(#all, select(2, all:gsub('x%d', '')), #all:reverse())
local weak, alive = setmetatable({}, {__mode = 'v'}), 0
for i = 1, 100 do weak[i] = {} end
collectgarbage()
for _ in pairs(weak) do alive = alive + 1 end
print(alive)
local list
for i = 1, 200000 do list = {i, i % 100 ~= 0 and list or nil} end
print(list[1], list[2])
local sieve, primes = {}, 0
for i = 2, 50000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 50000, i do sieve[j] = true end
  end
end
print(primes)
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(22))
local failures = 0
for i = 1, 20000 do if not pcall(error, i) then failures = failures + 1 end end
print(failures)
