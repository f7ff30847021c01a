using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Db;

/// <summary>Short ways to say a parameterised statement. Values never become text of the statement.</summary>
public static class Sql
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public static NpgsqlCommand Command(this NpgsqlDataSource source, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = source.CreateCommand(text);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public static async Task<int> ExecuteAsync(this NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancel);
        }
    }

    public static async Task<T?> ScalarAsync<T>(this NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            var value = await command.ExecuteScalarAsync(cancel);
            return value is null or DBNull ? default : (T)value;
        }
    }

    public static async Task<List<T>> ListAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var list = new List<T>();
            while (await reader.ReadAsync(cancel))
            {
                list.Add(read(reader));
            }

            return list;
        }
    }

    /// <summary>A positional parameter; the type follows the value. Null needs <see cref="Of{T}(T, NpgsqlDbType)"/>.</summary>
    public static NpgsqlParameter Of<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Of<T>(T value, NpgsqlDbType type) =>
        new() { Value = value is null ? DBNull.Value : value, NpgsqlDbType = type };

    public static NpgsqlParameter Json(string? value) => Of(value, NpgsqlDbType.Jsonb);

    /// <summary>An array of JSON documents.</summary>
    public static NpgsqlParameter Jsons(string?[] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };

    public static T? Maybe<T>(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? default : reader.GetFieldValue<T>(column);
}
