using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Holds an EF model against the migrated schema: tables, columns, types, nullability. The schema is written by hand, so nothing else would
/// tell that both have parted before the first query of a screen fails.
/// </summary>
public static class SchemaCheck
{
    /// <returns>Every difference as a sentence, in order of table and column; empty if the model fits.</returns>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(IModel model, NpgsqlDataSource source, CancellationToken cancel)
    {
        var actual = await ColumnsAsync(source, cancel);
        var relational = model.GetRelationalModel();
        var tables = relational.Tables.Select(t => Compare(t, t.Columns, writes: true, actual));
        var views = relational.Views.Select(v => Compare(v, v.Columns, writes: false, actual));
        return [.. tables.Concat(views).SelectMany(d => d).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Compare(
        ITableBase table, IEnumerable<IColumnBase> mapped, bool writes, ILookup<(string Schema, string Table), ActualColumn> actual)
    {
        var columns = actual[(table.Schema ?? "public", table.Name)].ToDictionary(c => c.Name, StringComparer.Ordinal);
        if (columns.Count == 0)
        {
            yield return $"{table.Name}: no such table";
            yield break;
        }

        foreach (var column in mapped)
        {
            if (!columns.Remove(column.Name, out var found))
            {
                yield return $"{table.Name}.{column.Name}: no such column";
                continue;
            }

            if (found.Type != column.StoreType)
            {
                yield return $"{table.Name}.{column.Name}: the model says {column.StoreType}, the schema {found.Type}";
            }

            // A view has no nullability of its own to compare with.
            if (writes && found.Nullable != column.IsNullable)
            {
                yield return $"{table.Name}.{column.Name}: the model says {Word(column.IsNullable)}, the schema {Word(found.Nullable)}";
            }
        }

        foreach (var missed in columns.Values.Where(c => writes && c is { Nullable: false, HasDefault: false }))
        {
            yield return $"{table.Name}.{missed.Name}: must have a value, and the model does not know it";
        }
    }

    private static string Word(bool nullable) => nullable ? "null" : "not null";

    private static async Task<ILookup<(string Schema, string Table), ActualColumn>> ColumnsAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(
            """
            select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
                a.atthasdef or a.attidentity <> ''
            from pg_attribute a
            join pg_class c on c.oid = a.attrelid
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped and n.nspname not like 'pg\_%'
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<((string, string) Table, ActualColumn Column)>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(((reader.GetString(0), reader.GetString(1)),
                new ActualColumn(reader.GetString(2), reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(5))));
        }

        return rows.ToLookup(r => r.Table, r => r.Column);
    }

    private sealed record ActualColumn(string Name, string Type, bool Nullable, bool HasDefault);
}
