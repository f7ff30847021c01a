using ControlTower.Sync.Feeds;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Connections;

/// <summary>Applies the seed once the tower runs; an estate that is not up yet is asked again.</summary>
public sealed partial class SeedAtStart(ConnectionSeeder seeder, FeedSeed feeds, IOptions<EstateOptions> options, TimeProvider clock, ILogger<SeedAtStart> log) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? said = null;
        while (options.Value is not { Url: null, SeedFile: null })
        {
            try
            {
                await seeder.SeedAsync(stoppingToken);
                if (options.Value.Url is not null)
                {
                    await feeds.SeedAsync(stoppingToken);
                }

                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or Npgsql.NpgsqlException or TimeoutException or System.Text.Json.JsonException or KeyNotFoundException)
            {
                // Asked often, told once for each reason.
                if (error.Message != said)
                {
                    NotYet(log, said = error.Message);
                }

                await Task.Delay(Again, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(EventId = 2212, Level = LogLevel.Warning, Message = "The seed could not be applied, trying again: {Reason}")]
    private static partial void NotYet(ILogger log, string reason);
}
