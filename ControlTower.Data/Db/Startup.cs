using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ControlTower.Data.Db;

/// <summary>What every program of the tower does between building its services and starting them.</summary>
public static class Startup
{
    /// <summary>Checks all options at once, then opens the database. Safe to call again.</summary>
    /// <exception cref="StartupFailure">The message is to be shown as it is; the process ends with the exit code in it.</exception>
    public static async Task OpenTowerAsync(this IServiceProvider services, CancellationToken cancel = default)
    {
        ValidateOptions(services);
        await services.GetRequiredService<TowerDatabase>().OpenAsync(cancel);
    }

    private static void ValidateOptions(IServiceProvider services)
    {
        var problems = new List<string>();
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
        }
        catch (Exception e)
        {
            Collect(e, problems);
        }

        if (problems.Count > 0)
        {
            throw new StartupFailure(StartupFailure.Configuration,
                string.Join(Environment.NewLine, problems.Select(p => $"- {p}").Prepend("ControlTower cannot start with this configuration:")));
        }
    }

    private static void Collect(Exception error, List<string> problems)
    {
        switch (error)
        {
            case AggregateException many:
                foreach (var one in many.InnerExceptions)
                {
                    Collect(one, problems);
                }

                break;
            case OptionsValidationException validation:
                problems.AddRange(validation.Failures);
                break;
            default:
                // The binder's words name the key that it could not read.
                problems.Add(error.Message);
                break;
        }
    }
}
