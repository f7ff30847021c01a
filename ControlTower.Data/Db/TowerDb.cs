using Microsoft.EntityFrameworkCore;

namespace ControlTower.Data.Db;

/// <summary>
/// Configuration, triage, ownership and lists, through a pooled factory, not tracking by default. Entity configurations live beside their
/// subject in <c>Data/&lt;Subject&gt;</c>. The schema itself is made by <c>migrations/</c>; a test holds both together.
/// </summary>
public sealed class TowerDb(DbContextOptions<TowerDb> options) : DbContext(options)
{
    /// <summary>The one way to set up the model, so that the product and the schema test see the same.</summary>
    public static void Configure(DbContextOptionsBuilder options, TowerDataSources sources) => options
        .UseNpgsql(sources.Work) // No EnableRetryOnFailure: a lost COMMIT reply looks transient and would be replayed.
        .UseSnakeCaseNamingConvention()
        .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.ApplyConfigurationsFromAssembly(typeof(TowerDb).Assembly);
}
