"""The developers' pages show the very programs that are run and compiled here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).parent / "snippets"
DOCS = Path(__file__).parents[3] / "docs"
PROJECT = """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net{major}.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.AspNetCore.SignalR.Client" Version="{major}.0.*" /></ItemGroup>
</Project>
"""


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize(("file", "fence"), [("listen.mjs", "js"), ("listen.py", "python"), ("Listen.cs", "csharp")])
def test_the_page_shows_the_program_that_is_tried(file: str, fence: str, language: str) -> None:
    """A reader who copies it has what the tests ran."""
    page = (DOCS / language / "listening-to-the-hub.md").read_text(encoding="utf-8")

    assert f"```{fence}\n{(SNIPPETS / file).read_text(encoding='utf-8')}```\n" in page


def test_the_csharp_program_compiles(tmp_path: Path) -> None:
    """Against the .NET client itself, warnings being errors."""
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        pytest.skip("no .NET SDK is installed: the C# program is not compiled (install the package dotnet-sdk)")
    version = subprocess.run([dotnet, "--version"], capture_output=True, text=True, check=True).stdout
    (tmp_path / "Listen.csproj").write_text(PROJECT.format(major=version.split(".")[0]), encoding="utf-8")
    shutil.copy(SNIPPETS / "Listen.cs", tmp_path)

    built = subprocess.run([dotnet, "build", "--nologo"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert built.returncode == 0, built.stdout[-3000:]
