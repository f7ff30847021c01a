using System.Text.Json;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Architecture;

/// <summary>What comes from others: which bytes, under which licence.</summary>
public sealed class DependencyTests
{
    // Permissive, or weak copyleft of files that are used as they are.
    private static readonly HashSet<string> Usable = new(StringComparer.Ordinal) { "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PostgreSQL", "MPL-2.0" };

    // Read by a person, for these packages only lead to a page: LGPL-3.0 (Hangfire and its storage, linked to as they are), BSD-2-Clause (librdkafka), MIT (.NET).
    private static readonly HashSet<string> Read = new(StringComparer.Ordinal)
    {
        "Hangfire.AspNetCore", "Hangfire.Core", "Hangfire.NetCore", "Hangfire.PostgreSql", "librdkafka.redist", "System.Security.Cryptography.ProtectedData",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_package_of_every_project_is_locked_with_its_hash()
    {
        var projects = Directory.EnumerateFiles(Repository.Root, "ControlTower.*.csproj", SearchOption.AllDirectories).ToList();
        Assert.True(projects.Count >= 7);
        foreach (var project in projects)
        {
            var file = Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json");
            Assert.True(File.Exists(file), $"{file} is missing: dotnet restore writes it.");
            using var locked = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancel));
            var packages = locked.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
                .Where(package => package.Value.GetProperty("type").GetString() is not "Project").ToList();
            Assert.NotEmpty(packages);
            Assert.All(packages, package => Assert.Equal(64, Convert.FromBase64String(package.Value.GetProperty("contentHash").GetString()!).Length));
        }

        Assert.Contains("--locked-mode", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tower"), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_shipped_has_licences_that_a_business_can_use()
    {
        var file = Path.Combine(Repository.Root, "artifacts", "bom.json");
        Assert.SkipUnless(File.Exists(file), "There is no bill of materials: ./tower sbom, or ./tower test, writes it.");
        using var bill = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancel));
        var shipped = bill.RootElement.GetProperty("components").EnumerateArray().Select(part => (
            Name: part.GetProperty("name").GetString()!,
            Licences: part.TryGetProperty("licenses", out var licences) ? licences.EnumerateArray().Select(LicenceOf).ToList() : [])).ToList();
        Assert.Contains(shipped, part => part.Name == "Npgsql");
        Assert.DoesNotContain(shipped, part => !Read.Contains(part.Name) && (part.Licences.Count == 0 || part.Licences.Any(licence => !Usable.Contains(licence))));
        Assert.DoesNotContain(Read, name => shipped.All(part => part.Name != name));
    }

    private static string LicenceOf(JsonElement licence) =>
        licence.TryGetProperty("license", out var one) && one.TryGetProperty("id", out var id) ? id.GetString()! : licence.TryGetProperty("expression", out var expression) ? expression.GetString()! : "unknown";
}
