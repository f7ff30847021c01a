using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Data.Db;

public sealed class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, DatabaseOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(DatabaseOptions options)
    {
        if (!string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            if (ConnectionProblem(options.ConnectionString) is { } problem)
            {
                yield return problem;
            }

            if (options.Port is not null || !string.IsNullOrWhiteSpace(options.BinDirectory))
            {
                yield return "Database:Port and Database:BinDirectory belong to the embedded PostgreSQL. Remove them or Database:ConnectionString.";
            }
        }
        else if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            yield return "Database:DataDirectory is empty. Set it to a folder, or set Database:ConnectionString to use an existing PostgreSQL.";
        }

        if (options.Port is < 1024 or > 65535)
        {
            yield return $"Database:Port is {options.Port}. Set a port from 1024 to 65535, or leave it out.";
        }

        if (!string.IsNullOrWhiteSpace(options.BinDirectory) && !File.Exists(Path.Combine(options.BinDirectory, "postgres")))
        {
            yield return $"Database:BinDirectory is '{options.BinDirectory}', which holds no file 'postgres'. Set the folder of the server binaries.";
        }
    }

    private static string? ConnectionProblem(string text)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text);
            return string.IsNullOrWhiteSpace(settings.Host) ? "Database:ConnectionString names no Host."
                : string.IsNullOrWhiteSpace(settings.Database) ? "Database:ConnectionString names no Database."
                : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The text is not repeated: it may hold the password.
            return "Database:ConnectionString cannot be read. The form is: Host=...;Database=...;Username=...;Password=...";
        }
    }
}
