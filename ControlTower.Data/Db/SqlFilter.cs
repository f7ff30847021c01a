using System.Globalization;
using System.Text;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// A WHERE clause in the making: conditions are constants of the caller, values are always parameters. Text from outside never becomes SQL.
/// </summary>
public sealed class SqlFilter
{
    private readonly List<string> conditions = [];
    private readonly List<NpgsqlParameter> parameters = [];

    /// <summary>Adds a value and returns its placeholder, <c>$n</c>.</summary>
    public string Value<T>(T value)
        where T : notnull
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
    }

    /// <summary>Adds a condition, joined with AND. Its text must come from code alone.</summary>
    public void Add(string condition) => conditions.Add(condition);

    /// <summary>Restricts a column to a set; an empty set restricts nothing.</summary>
    public void In(string column, IReadOnlyCollection<string> values)
    {
        if (values.Count > 0)
        {
            Add($"{column} = any({Value(values.ToArray())})");
        }
    }

    /// <summary>The clause with a leading space, or nothing.</summary>
    public string Where => conditions.Count == 0 ? "" : new StringBuilder(" where ").AppendJoin(" and ", conditions).ToString();

    /// <summary>Moves the collected values into a command.</summary>
    public NpgsqlCommand Command(NpgsqlDataSource source, string sql)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }

        return command;
    }

    /// <summary>The same for a batch.</summary>
    public NpgsqlBatchCommand Command(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }

        return command;
    }
}
