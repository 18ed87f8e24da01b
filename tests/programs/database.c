/* SQLite as a program of real size: tables, indexes, joins, common table expressions, window
 * functions, text functions and transactions, in memory. Prints every answer. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLite is built without an operating system (SQLITE_OS_OTHER): databases live in memory, time
 * stands still, and random numbers repeat, so that every run prints the same. */
static int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                    int* out_flags) {
  (void)vfs, (void)name, (void)file, (void)flags, (void)out_flags;
  return SQLITE_CANTOPEN;
}
static int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync) {
  (void)vfs, (void)name, (void)sync;
  return SQLITE_OK;
}
static int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  (void)vfs, (void)name, (void)flags;
  *result = 0;
  return SQLITE_OK;
}
static int vfs_full_pathname(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  (void)vfs;
  snprintf(out, (size_t)size, "%s", name);
  return SQLITE_OK;
}
static int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  static unsigned state = 1;
  (void)vfs;
  for (int i = 0; i < size; i++) out[i] = (char)((state = state * 1103515245u + 12345u) >> 16);
  return size;
}
static int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
  (void)vfs;
  return microseconds;
}
static int vfs_current_time(sqlite3_vfs* vfs, double* time) {
  (void)vfs;
  *time = 2460000.5;
  return SQLITE_OK;
}

int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {.iVersion = 1,
                            .szOsFile = sizeof(sqlite3_file),
                            .mxPathname = 512,
                            .zName = "none",
                            .xOpen = vfs_open,
                            .xDelete = vfs_delete,
                            .xAccess = vfs_access,
                            .xFullPathname = vfs_full_pathname,
                            .xRandomness = vfs_randomness,
                            .xSleep = vfs_sleep,
                            .xCurrentTime = vfs_current_time};
  return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static int print_row(void* unused, int count, char** values, char** names) {
  (void)unused, (void)names;
  for (int i = 0; i < count; i++)
    printf("%s%s", i == 0 ? "  " : " | ", values[i] == NULL ? "NULL" : values[i]);
  printf("\n");
  return 0;
}

static void run(sqlite3* db, const char* sql) {
  char* message = NULL;
  printf("> %.70s\n", sql);
  if (sqlite3_exec(db, sql, print_row, NULL, &message) != SQLITE_OK)
    printf("  error: %s\n", message);
  sqlite3_free(message);
}

static void fill(sqlite3* db, int rows) {
  sqlite3_stmt* insert = NULL;
  unsigned state = 42;
  sqlite3_prepare_v2(db, "INSERT INTO orders(customer, item, price, note) VALUES(?, ?, ?, ?)", -1,
                     &insert, NULL);
  run(db, "BEGIN");
  for (int i = 0; i < rows; i++) {
    char note[32];
    state = state * 1664525u + 1013904223u;
    snprintf(note, sizeof note, "note %u", state >> 20);
    sqlite3_bind_int(insert, 1, (int)(state >> 8) % 50);
    sqlite3_bind_int(insert, 2, (int)(state >> 16) % 20);
    sqlite3_bind_double(insert, 3, (double)(state % 10000) / 100);
    sqlite3_bind_text(insert, 4, note, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(insert) != SQLITE_DONE) printf("insert failed: %s\n", sqlite3_errmsg(db));
    sqlite3_reset(insert);
  }
  run(db, "COMMIT");
  sqlite3_finalize(insert);
}

int main(int argc, char** argv) {
  sqlite3* db = NULL;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
    printf("open: %s\n", sqlite3_errmsg(db));
    return 1;
  }
  run(db, "CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT UNIQUE, city TEXT)");
  run(db,
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer REFERENCES customers, item INT, price "
      "REAL, note TEXT)");
  run(db,
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) INSERT INTO "
      "customers "
      "SELECT i, printf('customer %02d', i), substr('BerlinParisRome', 1 + 5 * (i % 3), 5) FROM n");
  fill(db, argc > 1 ? atoi(argv[1]) : 3000);
  run(db, "CREATE INDEX by_customer ON orders(customer, price)");
  run(db,
      "SELECT count(*), round(sum(price), 2), min(price), max(price), round(avg(price), 6) FROM "
      "orders");
  run(db,
      "SELECT city, count(*), round(total(price), 2) FROM orders JOIN customers ON customer = "
      "customers.id GROUP BY city "
      "ORDER BY 3 DESC");
  run(db,
      "SELECT name, price, rank() OVER (ORDER BY price DESC), round(sum(price) OVER (ORDER BY "
      "price DESC, orders.id), 2) "
      "FROM orders JOIN customers ON customer = customers.id ORDER BY price DESC, orders.id LIMIT "
      "5");
  run(db,
      "SELECT upper(note), length(note), hex(substr(note, 1, 3)), instr(note, ' ') FROM orders "
      "WHERE note LIKE '%77%' ORDER BY id LIMIT 4");
  run(db,
      "UPDATE orders SET price = price * 1.19 WHERE item IN (SELECT item FROM orders GROUP BY item "
      "HAVING avg(price) < 50)");
  run(db,
      "SELECT item, count(DISTINCT customer), printf('%.3f', sum(price)) FROM orders GROUP BY item "
      "ORDER BY item LIMIT 6");
  run(db, "DELETE FROM orders WHERE customer % 2 = 1");
  run(db, "SELECT count(*), group_concat(DISTINCT customer) FROM orders WHERE customer < 12");
  run(db, "EXPLAIN QUERY PLAN SELECT * FROM orders WHERE customer = 4 AND price > 10");
  run(db, "INSERT INTO customers VALUES(1, 'twice', 'x')");
  run(db, "SELECT * FROM nowhere");
  run(db,
      "SELECT date('now'), abs(-5), 7 / 2, 7 % 3, 1e300 * 10, 0.1 + 0.2, typeof(1.0), "
      "quote('it''s'), 9223372036854775807 + 1");
  run(db,
      "WITH RECURSIVE x(i) AS (SELECT -2.0 UNION ALL SELECT i + 0.25 FROM x WHERE i < 0.5), y(i) "
      "AS (SELECT -1.0 UNION ALL "
      "SELECT i + 0.5 FROM y WHERE i < 1), m(n, cx, cy, a, b) AS (SELECT 0, x.i, y.i, 0.0, 0.0 "
      "FROM x, y UNION ALL SELECT n + 1, "
      "cx, cy, a * a - b * b + cx, 2 * a * b + cy FROM m WHERE a * a + b * b < 4 AND n < 20) "
      "SELECT cy, group_concat(k, '') FROM "
      "(SELECT cx, cy, substr(' .+*#', 1 + min(max(n) / 4, 4), 1) AS k FROM m GROUP BY cx, cy "
      "ORDER BY cy, cx) GROUP BY cy");
  run(db, "PRAGMA integrity_check");
  printf("%d changes, close: %d\n", sqlite3_total_changes(db), sqlite3_close(db));
  return 0;
}
