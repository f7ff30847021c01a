using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace ControlTower.Tests.Data.Db;

public sealed class SchemaCheckTests
{
    [Fact]
    public async Task The_model_and_the_migrated_schema_agree()
    {
        await using var database = await TestDatabase.CreateAsync();
        var options = new DbContextOptionsBuilder<TowerDb>();
        TowerDb.Configure(options, database.Sources);
        await using var model = new TowerDb(options.Options);

        Assert.Empty(await SchemaCheck.DifferencesAsync(model.Model, database.Sources.Work, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Every_kind_of_difference_is_found()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        await database.ExecuteAsync("create table thing (id uuid primary key, name text, amount numeric(18,2) not null, must int not null, may int)");
        await using var model = new Parted(new DbContextOptionsBuilder<Parted>().UseNpgsql(database.Sources.Work).UseSnakeCaseNamingConvention().Options);

        var differences = await SchemaCheck.DifferencesAsync(model.Model, database.Sources.Work, TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                "missing: no such table",
                "thing.amount: the model says numeric(18,4), the schema numeric(18,2)",
                "thing.must: must have a value, and the model does not know it",
                "thing.name: the model says not null, the schema null",
                "thing.nickname: no such column",
            ],
            differences);
    }

    private sealed class Parted(DbContextOptions<Parted> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Thing>().ToTable("thing").Property(t => t.Amount).HasPrecision(18, 4);
            modelBuilder.Entity<Missing>().ToTable("missing");
        }
    }

    private sealed record Thing(Guid Id, string Name, decimal Amount, string? Nickname);

    private sealed record Missing(Guid Id);
}
