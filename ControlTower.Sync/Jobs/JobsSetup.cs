using ControlTower.Data.Db;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Pumps;
using Hangfire;
using Hangfire.Common;
using Hangfire.PostgreSql;
using Hangfire.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Jobs;

/// <summary>
/// Hangfire: hosts the pumps and runs the schedule. It is a doorbell and a calendar; no business truth lives in its tables, which may be wiped at any time.
/// </summary>
public static class JobsSetup
{
    public const string Schema = "hangfire";

    /// <summary>Storage for nodes that show or enqueue jobs.</summary>
    public static IServiceCollection AddJobStorage(this IServiceCollection services)
    {
        services.AddSingleton<JobConnections>();
        services.AddHostedService<JobSchema>();
        services.AddSingleton<ICalendar, Schedule>();
        return services.AddHangfire(Configure);
    }

    private static void Configure(IServiceProvider provider, IGlobalConfiguration hangfire)
    {
        var storage = new PostgreSqlStorageOptions
        {
            SchemaName = Schema,

            // Measured: with the defaults the job of a killed worker waits 30 minutes, and an orphaned lock row stops the scheduler for 10.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(20),
            DistributedLockTimeout = TimeSpan.FromSeconds(20),
            QueuePollInterval = TimeSpan.FromSeconds(30), // What this process enqueues wakes its workers at once; this is for what a dead one left.
            PrepareSchemaIfNecessary = false,

            // The default of an hour would keep dozens of runs of a job that runs each minute.
            JobExpirationCheckInterval = TimeSpan.FromMinutes(5),
        };
        hangfire
            .SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
            .UseLogProvider(new JobLogs(provider.GetRequiredService<ILoggerFactory>()))
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UsePostgreSqlStorage(o => o.UseConnectionFactory(provider.GetRequiredService<JobConnections>()), storage);
    }

    public static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<PauseFilter>();
        services.AddHangfireServer((provider, options) =>
        {
            // Filters write to the log of the host that configured Hangfire: it must be this one.
            provider.GetRequiredService<IGlobalConfiguration>();
            options.FilterProvider = new JobFilterProviderCollection(
                GlobalJobFilters.Filters, new JobFilterAttributeFilterProvider(), new JobFilterCollection { provider.GetRequiredService<PauseFilter>() });
            options.WorkerCount = 2;
            options.ShutdownTimeout = TimeSpan.FromSeconds(20);
            options.StopTimeout = TimeSpan.FromSeconds(18);
            options.HeartbeatInterval = TimeSpan.FromSeconds(20);
            options.ServerTimeout = TimeSpan.FromSeconds(60);
            options.SchedulePollingInterval = TimeSpan.FromSeconds(30);
        });
        services.AddHostedService<ScheduleStarter>();
    }

    /// <summary>Adds a pump and the process around it.</summary>
    public static void AddPump<TPump>(this IServiceCollection services)
        where TPump : class, IPump
    {
        services.AddSingleton<TPump>();
        services.AddSingleton<IPump>(p => p.GetRequiredService<TPump>());
        services.AddSingleton<IBackgroundProcess>(p => new PumpProcess(
            p.GetRequiredService<TPump>(), p.GetRequiredService<PumpMeter>(), p.GetRequiredService<Doorbell>(), p.GetRequiredService<DatabaseWatch>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<PumpProcess>>()));
    }
}
