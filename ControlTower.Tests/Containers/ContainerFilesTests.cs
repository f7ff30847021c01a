using System.Text.RegularExpressions;
using ControlTower.Data.Settings;
using ControlTower.Tests.Support;
using ControlTower.Tests.Web;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ControlTower.Tests.Containers;

/// <summary>What can be known of docker/ without running containers.</summary>
public sealed class ContainerFilesTests
{
    private static readonly string docker = Path.Combine(Repository.Root, "docker");
    private static readonly string[] dockerfile = [.. File.ReadLines(Path.Combine(docker, "Dockerfile"))];
    private static readonly Dictionary<object, object> compose = Parse();

    public static TheoryData<string> Services => [.. Section("services").Keys.Select(key => (string)key)];

    [Fact]
    public void The_fleet_and_what_it_needs_is_there() =>
        Assert.Equal(["estate", "postgres", "proxy", "rabbitmq", "trial", "web", "worker"], Section("services").Keys.Select(key => (string)key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_is_pinned_healthy_limited_and_no_root(string name)
    {
        var service = Service(name);
        Assert.Matches(@"\A[a-z0-9./-]+:[0-9][A-Za-z0-9.-]*\z", (string)service["image"]);
        Assert.NotEmpty((List<object>)((Dictionary<object, object>)service["healthcheck"])["test"]);
        Assert.Matches(@"\A[1-9][0-9]*:[1-9][0-9]*\z", (string)service["user"]);
        var limits = (Dictionary<object, object>)((Dictionary<object, object>)((Dictionary<object, object>)service["deploy"])["resources"])["limits"];
        Assert.All(["cpus", "memory"], key => Assert.Contains(key, limits.Keys));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_waits_until_what_it_needs_is_healthy(string name)
    {
        var needs = Service(name).TryGetValue("depends_on", out var value) ? (Dictionary<object, object>)value : [];
        Assert.All(needs, need =>
        {
            Assert.Contains("healthcheck", Service((string)need.Key).Keys);
            Assert.Equal("service_healthy", ((Dictionary<object, object>)need.Value)["condition"]);
        });
    }

    [Fact]
    public void Every_key_is_one_that_the_tower_knows()
    {
        string[] inCompose = [.. new[] { "web", "worker", "trial" }.SelectMany(name => ((Dictionary<object, object>)Service(name)["environment"]).Keys.Select(key => (string)key))];
        var inExample = File.ReadLines(Path.Combine(docker, "tower.env.example")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=')[0]);
        var inImage = dockerfile.Where(line => line.StartsWith("ENV ", StringComparison.Ordinal)).SelectMany(line => line[4..].Split(' ')).Select(pair => pair.Split('=')[0])
            .Where(key => !key.StartsWith("ASPNETCORE_", StringComparison.Ordinal) && !key.StartsWith("DOTNET_", StringComparison.Ordinal));
        var known = KnownKeyTests.Sections.SelectMany(s => KnownKeys.Of(s.Options).Select(key => $"{s.Section}__{key}")).ToHashSet(StringComparer.Ordinal);
        var used = inCompose.Concat(inExample).Concat(inImage).ToList();
        Assert.True(used.Count > 8);
        Assert.All(used, key => Assert.Contains(Regex.Replace(key, "__[0-9]+$", "", RegexOptions.None, TimeSpan.FromSeconds(1)), known));
    }

    [Fact]
    public void Every_file_that_is_copied_mounted_or_built_from_exists()
    {
        var copied = dockerfile.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1]).Select(source => Path.Combine(Repository.Root, source)).ToList();
        Assert.True(copied.Count > 6);
        Assert.All(copied, path => Assert.True(Path.Exists(path), path));
        Assert.Contains("./nginx.conf:", (string)((List<object>)Service("proxy")["volumes"])[0], StringComparison.Ordinal);
        Assert.All(["nginx.conf", "tower.env.example", "rabbitmq.env.example", "postgres_password.txt.example"], file => Assert.True(File.Exists(Path.Combine(docker, file)), file));
    }

    [Theory]
    [InlineData("ControlTower.Web")]
    [InlineData("ControlTower.Simulator")]
    public void Every_project_that_is_published_has_what_it_is_built_from(string published)
    {
        var build = Array.FindIndex(dockerfile, line => line.StartsWith($"RUN dotnet publish {published} ", StringComparison.Ordinal));
        var copied = dockerfile[..build].Where(line => line.StartsWith("COPY ControlTower.", StringComparison.Ordinal)).Select(line => line.Split(' ')[1].TrimEnd('/')).ToHashSet(StringComparer.Ordinal);
        var (needed, next) = (new HashSet<string>(StringComparer.Ordinal), new Queue<string>([published]));
        while (next.TryDequeue(out var project))
        {
            if (needed.Add(project))
            {
                Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, project, project + ".csproj")), """<ProjectReference Include="\.\./(?<project>[^/"]+)/""", RegexOptions.None, TimeSpan.FromSeconds(1))
                    .ToList().ForEach(reference => next.Enqueue(reference.Groups["project"].Value));
            }
        }

        Assert.Subset(copied, needed);
        Assert.DoesNotContain(File.ReadLines(Path.Combine(Repository.Root, ".dockerignore")), needed.Contains);
    }

    [Fact]
    public void The_image_is_made_in_stages_by_named_versions_runs_as_no_root_and_leaves_the_estate_out()
    {
        var froms = dockerfile.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
        var stages = froms.Select(from => from[3]).ToHashSet(StringComparer.Ordinal);
        Assert.All(froms, from => Assert.True(stages.Contains(from[1]) || Regex.IsMatch(from[1], ":[0-9]", RegexOptions.None, TimeSpan.FromSeconds(1)), from[1]));
        Assert.Contains("USER 1654:1654", dockerfile);
        Assert.DoesNotContain("USER root", dockerfile);
        var tower = string.Join('\n', dockerfile[Array.FindIndex(dockerfile, line => line.EndsWith(" AS tower", StringComparison.Ordinal))..]);
        Assert.Contains("HEALTHCHECK", tower, StringComparison.Ordinal);
        Assert.DoesNotContain("estate", tower, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("ENTRYPOINT [\"dotnet\", \"ControlTower.Web.dll\"]", tower.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_secret_is_in_the_files_that_are_kept()
    {
        var ignored = File.ReadAllLines(Path.Combine(Repository.Root, ".gitignore"));
        Assert.All(["docker/*.env", "docker/*.txt"], pattern => Assert.Contains(pattern, ignored));
        var secret = new Regex("(?:PASSWORD|PASS|Password)=(?!set-me)", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.All(Directory.EnumerateFiles(docker).Where(file => !file.EndsWith(".env", StringComparison.Ordinal) && !file.EndsWith(".txt", StringComparison.Ordinal)), file => Assert.DoesNotMatch(secret, File.ReadAllText(file)));
    }

    private static Dictionary<object, object> Section(string name) => (Dictionary<object, object>)compose[name];

    private static Dictionary<object, object> Service(string name) => (Dictionary<object, object>)Section("services")[name];

    private static Dictionary<object, object> Parse()
    {
        using var text = File.OpenText(Path.Combine(docker, "compose.yml"));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(text)));
    }
}
